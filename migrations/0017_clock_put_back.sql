-- Codes used lately, the last one first: when the clock is put back, last_step is ahead of it for a while, and these say
-- which codes of that time were used before.
alter table totp add column used_steps integer[] not null default '{}';

-- Tells a process that starts where there may be messages with ids from after the present, from before the clock was put
-- back. A few bytes for each 128 pages of the table, which is in the order of the ids, nearly.
create index messages_by_id_range on messages using brin (id) with (autosummarize = on);
