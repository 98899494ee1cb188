-- Codes from an authenticator app (TOTP, RFC 6238), one app a person. secret is sealed with a key that is not in this
-- database: a copy of it makes no codes. confirmed_at is null until the person has typed a first code.
-- last_step: the time step (of 30 s) of the last code that was used; that code and all before it are worthless.
create table totp (
  user_id uuid primary key references users (id) on delete cascade,
  secret bytea not null,
  made_at timestamptz not null default now(),
  confirmed_at timestamptz,
  last_step integer not null default 0
);

-- Passkeys (WebAuthn): public keys, of no use to whoever reads them. The browser says whose it is along with its
-- credential_id, so a passkey is found within its owner, and the same id with somebody else is another passkey.
-- counter: how often it says it has been used, for the kinds that count; a lower one comes from a copy.
create table passkeys (
  user_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  credential_id text collate "C" not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null check (char_length(name) between 1 and 60),
  made_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (user_id, id),
  unique (user_id, credential_id)
);

-- Since when a passkey is asked for after the password; without any passkey it means nothing.
alter table users add column passkey_asked_at timestamptz;

-- What is signed, in a cookie, and good for one use: a begun login, a passkey's challenge. Whoever inserts its SHA-256
-- has used it. Removed when the cookie would be too old anyway; the index is for that.
create table used_once (
  digest bytea primary key,
  used_at timestamptz not null default now()
);
create index used_once_by_time on used_once (used_at);
