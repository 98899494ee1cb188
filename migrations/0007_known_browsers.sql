-- The browsers that a person has logged in with: a login from another one leaves a notice. The hash is of the person's
-- id and the random id in the browser's cookie: nobody can make such a cookie from it, or see that two people share a
-- browser.
create table known_browsers (
  user_id uuid not null references users (id) on delete cascade,
  hash bytea not null,
  seen_at timestamptz not null,
  primary key (user_id, hash)
);

-- For the regular removal of those that were not seen for a year.
create index known_browsers_seen on known_browsers (seen_at);
