-- When an act was written into the program's log. Those of the command line are null at first: it cannot write there, so
-- the running program does. What happened before this migration is not written again.
alter table operator_log add column logged_at timestamptz;
update operator_log set logged_at = at;

-- Looked for every minute.
-- squawk-ignore require-concurrent-index-creation
create index operator_log_unlogged on operator_log (id) where logged_at is null;
