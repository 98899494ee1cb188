-- Codes that sign somebody in who has lost the password: the SHA-256 of each that is left. One row for each person, so
-- that using one is a single statement that one of two at once must lose, and so are new ones that replace the old.
create table recovery_codes (
  user_id uuid primary key references users (id) on delete cascade,
  hashes bytea[] not null,
  made_at timestamptz not null
);
