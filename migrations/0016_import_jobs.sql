-- One import of each person, from the first byte of its upload until its result is dismissed: for the page that shows its
-- progress, whichever process runs it, and so that there is one at a time. beat_at: when it was last known to be alive.
-- One that has no result and is not alive was cut off with its process, and PostgreSQL took back what it had written.
create table imports (
  user_id uuid primary key references users (id) on delete cascade,
  job uuid not null,
  -- The session that started it, and the epoch of the account then: an import outlives a logout, but not what ends all
  -- sessions for security.
  sid text not null,
  epoch integer not null,
  phase text not null default 'uploading' check (phase in ('uploading', 'waiting', 'reading', 'writing')),
  bytes_read bigint not null default 0,
  bytes_total bigint not null,
  messages_written integer not null default 0,
  messages_total integer not null default 0,
  own_addresses text not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  ended_at timestamptz,
  -- As text, not as jsonb: names in it come from files, which may hold characters that jsonb refuses.
  result json,
  check ((result is null) = (ended_at is null))
);

-- A mailbox too large for one import is exported in several files: which one this row is about, and the id after which
-- it begins. A row that is not alive says which file comes next.
alter table exports add column part integer not null default 1;
alter table exports add column after_id uuid not null default '00000000-0000-0000-0000-000000000000';
