-- What a person and another have to do with each other, as the owner sees it: whom they wrote to, accepted, blocked.
-- Sending looks up the recipient's row, by its key, to choose the box of the new message. No foreign key on the other
-- person: the row says nothing of an account that is gone.
create table contacts (
  owner_id uuid not null references users on delete cascade,
  other_id uuid not null,
  -- The owner's first message to them.
  written_at timestamptz,
  -- Their first message after it.
  answered_at timestamptz,
  accepted_at timestamptz,
  blocked_at timestamptz,
  primary key (owner_id, other_id),
  constraint contacts_other check (other_id <> owner_id)
);
-- The list of blocked people.
create index contacts_blocked on contacts (owner_id, other_id) where blocked_at is not null;
alter table contacts enable row level security;
create policy own on contacts using (owner_id = (select current_owner()) or is_system());

-- Who has been written to is never a request.
insert into contacts (owner_id, other_id, written_at)
select owner_id, other_id, min(sent_at) from messages
where box = 'sent' and origin is null and other_id <> owner_id
group by owner_id, other_id
order by owner_id, other_id
on conflict do nothing;

-- Where a first message goes; null: as the site has it.
alter table users add column first_contact text collate "C";
alter table users add constraint users_first_contact_check
  check (first_contact in ('inbox', 'requests', 'known')) not valid;
-- Nobody reads while the program starts.
-- squawk-ignore constraint-missing-not-valid
alter table users validate constraint users_first_contact_check;

-- Three more boxes, which nothing counts and no list but their own shows: the first message of each person who asks,
-- their further ones until they are accepted, and what blocked people wrote.
alter table messages drop constraint messages_box_check;
alter table messages add constraint messages_box_check
  check (box in ('inbox', 'sent', 'requests', 'held', 'blocked')) not valid;
-- squawk-ignore constraint-missing-not-valid
alter table messages validate constraint messages_box_check;
-- For the cleanup job. With `=`, a plan for one owner may read it whole while there are no statistics.
create index messages_blocked on messages (sent_at) where box like 'blocked' and trashed_at is null;

-- The start migrates before any process of the new version serves, and after the earlier one has ended.
-- squawk-ignore renaming-column
alter table unread rename column is_trashed to is_quiet;
