-- People. On several machines this is a reference table: copied to each, so that every shard can point at it.
create table users (
  id uuid primary key,
  username text collate "C" not null unique check (username ~ '^[a-z0-9][a-z0-9_.-]{2,29}$'),
  password_hash text not null,
  created_at timestamptz not null default now()
);

-- Sessions belong to their person: the key begins with the user, so that a session lives where the person's
-- mailbox lives, and "end all of somebody's sessions" is a range of the key.
-- sid is the SHA-256 of the id in the cookie: who reads this table cannot sign in with it.
create table sessions (
  user_id uuid not null references users (id) on delete cascade,
  sid text collate "C" not null,
  sess jsonb not null,
  expire timestamptz not null,
  primary key (user_id, sid)
);

-- For the regular removal of what has expired.
create index sessions_expire on sessions (expire);

-- Keys that sign cookies, made by the program itself and shared by all its processes.
-- The highest number is the newest; older ones still verify what they signed.
create table signing_keys (
  number integer primary key,
  secret text not null,
  made_at timestamptz not null default now()
);

-- Counters of rate limits, in the shape that rate-limiter-flexible expects (expire: milliseconds since 1970).
create table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
