-- The list of conversations: one row for each person with whom the owner has a message outside the trash. Without it, the
-- list would be the newest message of each group of a whole mailbox; with it, a page is a range of an index. Notices and
-- imported messages are nobody's (the nil UUID). Of a note to oneself the received copy counts, as in the conversation.
create table conversations (
  owner_id uuid not null,
  other_id uuid not null,
  last_id uuid not null,
  primary key (owner_id, other_id),
  foreign key (owner_id) references users (id) on delete cascade
);

-- Backwards, because messages_by_person is then read in its order, and nothing is sorted.
insert into conversations (owner_id, other_id, last_id)
select distinct on (owner_id, other_id) owner_id, other_id, id from messages
where trashed_at is null and other_id <> owner_id and other_id <> '00000000-0000-0000-0000-000000000000'
order by owner_id desc, other_id desc, id desc;

insert into conversations (owner_id, other_id, last_id)
select distinct on (owner_id) owner_id, other_id, id from messages
where trashed_at is null and other_id = owner_id and box = 'inbox'
order by owner_id, id desc;

create index conversations_by_last on conversations (owner_id, last_id);

alter table conversations enable row level security;
create policy own on conversations using (owner_id = (select current_owner()) or is_system());

-- Unread messages are counted for each person as well, and the first of a conversation is looked for. The new index does
-- both, and what unread_counted did: sending writes as many entries as before.
alter table unread add column other_id uuid;
update unread n set other_id = m.other_id from messages m where m.owner_id = n.owner_id and m.id = n.id;
-- squawk-ignore adding-not-nullable-field
alter table unread alter column other_id set not null;
drop index unread_counted;
create index unread_by_person on unread (owner_id, other_id, id) where not is_trashed;

-- The page after login.
alter table users add column start_page text collate "C" not null default 'inbox'
  check (start_page in ('inbox', 'conversations'));
