-- A person's mailbox. A message is two rows, the sender's copy and the recipient's copy, each owned by one person,
-- keyed by the owner first: nobody's query can reach another's row, and a mailbox can move to a shard whole.
-- id is a UUID version 7 made by the program: it sorts by time, whichever machine made it.
-- other_id is the person at the other end, without a foreign key: a copy outlives the other's account.
create table messages (
  owner_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  box text collate "C" not null check (box in ('inbox', 'sent')),
  other_id uuid not null,
  body text not null check (char_length(body) between 1 and 10000),
  sent_at timestamptz not null,
  primary key (owner_id, id)
);

-- A page of the inbox is a range of this index, read backwards: no sort, nothing skipped.
create index messages_by_box on messages (owner_id, box, id);

-- What has been sent already, so that the same form sent again sends nothing: digest is a SHA-256 over the form's
-- random key and its content. Without the key, which is not kept, nothing about the content can be told from it.
create table sent_forms (
  owner_id uuid not null references users (id) on delete cascade,
  digest bytea not null,
  sent_at timestamptz not null default now(),
  primary key (owner_id, digest)
);

-- How many messages somebody sent in the last minute.
create index sent_forms_by_time on sent_forms (owner_id, sent_at);
