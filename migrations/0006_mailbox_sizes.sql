-- How many messages a mailbox holds at most: sending adds to it, deleting leaves it, and what it comes to is counted when
-- it matters (src/mailbox/sizes.ts). null: not counted yet, like a mailbox that has no row here.
-- warned_at: since when its owner knows that it is nearly full.
-- The fillfactor leaves room for the next version of a row on its page, so that a message more changes no index.
create table mailbox_sizes (
  owner_id uuid primary key references users (id) on delete cascade,
  messages integer,
  warned_at timestamptz
) with (fillfactor = 70);

-- For the regular look whether they have been emptied.
create index mailbox_sizes_warned on mailbox_sizes (owner_id) where warned_at is not null;
