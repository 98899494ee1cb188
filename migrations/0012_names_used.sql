-- Every username that was ever registered, as its SHA-256: a name can be had once, and not again after its account was
-- deleted, or its letters would seem to come from somebody else. Nothing else is kept of a deleted account. One row
-- inserted once decides between two who ask for the same name at the same moment.
create table usernames_used (
  hash bytea primary key
);
insert into usernames_used (hash) select sha256(convert_to(username, 'UTF8')) from users where username is not null;

-- Accounts that are being deleted, for the process that goes on with it after a crash.
create index users_leaving on users (id) where username is null;
