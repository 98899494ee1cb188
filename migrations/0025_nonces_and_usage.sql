-- Two tables get the field's names: a value that is valid once is a nonce, and what a mailbox holds is its usage.
-- The start migrates before any process of the new version serves, and after the earlier one has ended.
-- squawk-ignore renaming-table
alter table used_once rename to nonces;
alter table nonces rename constraint used_once_pkey to nonces_pkey;
alter index used_once_by_time rename to nonces_by_time;

-- squawk-ignore renaming-table
alter table mailbox_sizes rename to mailbox_usage;
alter table mailbox_usage rename constraint mailbox_sizes_pkey to mailbox_usage_pkey;
alter table mailbox_usage rename constraint mailbox_sizes_owner_id_fkey to mailbox_usage_owner_id_fkey;
alter index mailbox_sizes_warned rename to mailbox_usage_warned;
