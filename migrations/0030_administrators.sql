-- Who acted: an administrator on a page; null for the command line. As with user_id, the id stays after the account.
alter table operator_log add column admin_id uuid;

-- Few among many, and asked for at each start.
-- squawk-ignore require-concurrent-index-creation
create index users_admins on users (id) where admin_since is not null;
