-- Who waits for an administrator (REGISTRATION=approve). They are no users: nobody can write to them or find them. Their
-- name is reserved in usernames_used, which decides between two who want it, and is free again with name_hash.
create table registrations (
  id uuid primary key,
  username text collate "C" not null unique check (username ~ '^[a-z0-9][a-z0-9_.-]{2,29}$'),
  password_hash text not null,
  line text not null check (char_length(line) <= 500),
  name_hash bytea not null,
  asked_at timestamptz not null default now(),
  declined_at timestamptz
);

-- A page of those who wait, oldest first.
create index registrations_waiting on registrations (id) where declined_at is null;
