-- Row-level security: a statement of the program sees the rows of one person, whatever its WHERE forgets. The program says
-- before each statement whose (src/database/owned-client.ts); 'system' is for what rightly touches several people. A
-- statement that belongs to nobody is an error and not an empty answer: "no second factor" must not be the answer to whoever
-- may not look. Tables are not FORCEd: their owner, who migrates, is exempt, and the program works as another role
-- (src/database/app-role.ts).
create function current_owner() returns uuid language sql stable parallel safe
  return case when current_setting('app.owner_id', true) = 'system' then null else current_setting('app.owner_id')::uuid end;
-- A case: PostgreSQL guesses that such a condition holds for half of the rows, and of an = that it holds for one in 200. Then
-- it would expect a row or two in a mailbox, and sort all of it for a page.
create function is_system() returns boolean language sql stable parallel safe
  return case when current_setting('app.owner_id', true) = 'system' then true else false end;

-- The subselect is evaluated once for each statement. What is behind the "or" is looked at where the row is somebody else's.
do $$
declare
  owned text[] := array[
    'messages owner_id', 'unread owner_id', 'sent_forms owner_id', 'drafts owner_id', 'ended_drafts owner_id',
    'mailbox_sizes owner_id', 'sessions user_id', 'known_browsers user_id', 'recovery_codes user_id', 'totp user_id',
    'passkeys user_id', 'reset_links user_id', 'exports user_id', 'imports user_id', 'invitations inviter_id'];
  entry text;
begin
  foreach entry in array owned loop
    execute format('alter table %I enable row level security', split_part(entry, ' ', 1));
    execute format('create policy own on %I using (%I = (select current_owner()) or is_system())',
      split_part(entry, ' ', 1), split_part(entry, ' ', 2));
  end loop;
end $$;

-- What the operator did is nobody's own.
alter table operator_log enable row level security;
create policy system on operator_log using (is_system());

-- For search. Operators of tsvectors and arrays are not leakproof: behind row-level security PostgreSQL does not look into
-- an index with them. A view reads its table as the table's owner, who is exempt, and has the same condition itself.
create view searched_messages as
  select owner_id, id, box, other_id, other_name, origin, body, sent_at, trashed_at from messages
  where owner_id = (select current_owner()) or is_system();
