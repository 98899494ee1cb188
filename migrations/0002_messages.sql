-- A person's mailbox. A message is two rows, the sender's copy and the recipient's copy, each owned by one person,
-- keyed by the owner first: nobody's query can reach another's row, and a mailbox can move to a shard whole.
-- id is a UUID version 7 made by the program: it sorts by time, whichever machine made it.
-- other_id is the person at the other end and twin_id the other copy, both without a foreign key: a copy outlives
-- the other's account and the other's copy.
-- trashed_at: since when it lies in the trash; all that one press of a button moved there has the same moment.
create table messages (
  owner_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  box text collate "C" not null check (box in ('inbox', 'sent')),
  other_id uuid not null,
  twin_id uuid,
  body text not null check (char_length(body) between 1 and 10000),
  sent_at timestamptz not null,
  trashed_at timestamptz,
  primary key (owner_id, id)
);

-- A page of the inbox or of what was sent is a range of this index, read backwards: no sort, nothing skipped,
-- however much lies in the trash.
create index messages_by_box on messages (owner_id, box, id) where trashed_at is null;

-- The conversation with one person.
create index messages_by_person on messages (owner_id, other_id, id) where trashed_at is null;

-- The trash, and what one press of a button moved there (to undo it).
create index messages_in_trash on messages (owner_id, id) where trashed_at is not null;
create index messages_by_trashing on messages (owner_id, trashed_at) where trashed_at is not null;

-- What has been in the trash for too long, whoever owns it.
create index messages_expired on messages (trashed_at) where trashed_at is not null;

-- Received messages that are unread: one short row each, so that counting them reads nothing else and that reading a
-- message does not rewrite it in five indexes.
-- is_marked: its reader has opened it and put the mark back; the sender can no longer take it back then.
-- is_trashed: it lies in the trash and does not count.
create table unread (
  owner_id uuid not null,
  id uuid not null,
  is_marked boolean not null default false,
  is_trashed boolean not null default false,
  primary key (owner_id, id),
  foreign key (owner_id, id) references messages (owner_id, id) on delete cascade
);

create index unread_counted on unread (owner_id, id) where not is_trashed;

-- What has been sent already, so that the same form sent again sends nothing: digest is a SHA-256 over the form's
-- random key and its content. Without the key, which is not kept, nothing about the content can be told from it.
create table sent_forms (
  owner_id uuid not null references users (id) on delete cascade,
  digest bytea not null,
  recipients smallint not null default 1,
  sent_at timestamptz not null default now(),
  primary key (owner_id, digest)
);

-- How many messages somebody sent in the last minute.
create index sent_forms_by_time on sent_forms (owner_id, sent_at);
