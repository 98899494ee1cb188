-- An export that is being made, for the page that shows how far it is, whichever process makes it, and so that there is
-- one at a time for each person. beat_at: when it was last known to be alive; one that is not stands in nobody's way.
create table exports (
  user_id uuid primary key references users (id) on delete cascade,
  run uuid not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  done integer not null default 0,
  total integer not null
);
