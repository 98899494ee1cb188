-- A link with which somebody sets a new password, made by the operator. One for each person: a new one replaces it.
-- token_hash, here and below, is the SHA-256 of 256 random bits: who reads these tables cannot make a link from them.
create table reset_links (
  user_id uuid primary key references users (id) on delete cascade,
  token_hash bytea not null,
  drops_second_factor boolean not null,
  expires_at timestamptz not null
);

-- Links with which somebody registers where that takes an invitation. One that is used is deleted.
-- inviter_id: the member who made it, or all zeros for the operator; keyed by it, as everything is by its owner.
-- member_id ends the row with the account. Few rows, which a week removes: the foreign key needs no index.
create table invitations (
  inviter_id uuid not null,
  id uuid not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  member_id uuid generated always as (nullif(inviter_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored
    references users (id) on delete cascade,
  primary key (inviter_id, token_hash)
);

-- What the operator did from the command line. No reference to users: after an account is deleted its id alone stays.
create table operator_log (
  id uuid primary key,
  at timestamptz not null default now(),
  command text not null,
  user_id uuid,
  options text[] not null
);
