-- username is null while an account is being deleted: nobody is called that any more, from one moment to the next,
-- however long it takes to remove a large mailbox.
-- disabled_at: since when the operator lets this person in no longer.
-- epoch grows with everything that ends sessions (a new password, a recovery, a disabled account): who began to sign in
-- before that does not get in after it.
alter table users
  alter column username drop not null,
  add column disabled_at timestamptz,
  add column epoch integer not null default 0;

-- What the browser calls itself, for the list of devices.
alter table sessions add column agent text;

-- Messages that nobody here wrote. origin: null for an ordinary one; 'notice' is from the program itself; imported ones
-- come from a file, and other_name is the name that the file says: who has that name here may be somebody else.
-- Both have the other_id of nobody (all zeros).
alter table messages
  add column origin text collate "C",
  add column other_name text,
  add constraint messages_origin check (origin in ('notice', 'imported', 'imported notice')) not valid;
alter table messages validate constraint messages_origin;
