-- The schema, as the migrations leave it, and what the program's role may do. app_role stands for
-- private_messages_USER, where USER owns the tables. `npm run schema` writes this file and keeps
-- the comments, each above the line it explains.

-- Required by earlier migrations only. They stay: something else in the database may use them.
create extension btree_gin;
create extension unaccent;

-- The migrations that have run. A file whose hash differs from the one here is refused at start.
create table schema_migrations (
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default now(),
  constraint schema_migrations_pkey primary key (name)
);

-- One row per account. Over several machines, each has a copy: every shard can refer to it.
create table users (
  id uuid not null,
  -- Null while the account is being deleted: the name goes first, a large mailbox takes longer.
  username text collate "C",
  password_hash text not null,
  created_at timestamptz not null default now(),
  -- When the operator disabled the account.
  disabled_at timestamptz,
  -- Grows with everything that ends all sessions (a new password, say): a pending login from before fails.
  epoch integer not null default 0,
  -- Since when login asks for a passkey after the password. Meaningless without a passkey.
  passkey_asked_at timestamptz,
  -- Such as Europe/Berlin; null: as the browser says.
  time_zone text,
  -- In any script, shown beside the username; null for none.
  display_name text,
  -- Since when the person is not in the directory of members, where there is one (DIRECTORY).
  unlisted_at timestamptz,
  -- The display name without accents and case, as it is searched for.
  name_key text collate "C",
  -- Where a login leads.
  start_page text collate "C" not null default 'inbox',
  -- Since when the person is an administrator.
  admin_since timestamptz,
  -- Where a message of somebody new goes; null: as the site has it (docs/decisions/first-contact.md).
  first_contact text collate "C",
  constraint users_pkey primary key (id),
  constraint users_username_key unique (username),
  constraint users_display_name_check check (char_length(display_name) >= 1 and char_length(display_name) <= 60),
  constraint users_first_contact_check check (first_contact = any (array['inbox', 'requests', 'known'])),
  constraint users_name_key_check check (char_length(name_key) <= 100 and (name_key is null) = (display_name is null)),
  constraint users_start_page_check check (start_page = any (array['inbox', 'conversations'])),
  constraint users_time_zone_check check (length(time_zone) <= 60),
  constraint users_username_check check (username ~ '^[a-z0-9][a-z0-9_.-]{2,29}$')
);
-- Administrators: few among many.
create index users_admins on users (id) where admin_since is not null;
-- Accounts being deleted, for the process that resumes after a crash.
create index users_leaving on users (id) where username is null;
-- A page of the directory; and of those whose display name begins with what was typed.
create index users_listed on users (username) where unlisted_at is null and disabled_at is null;
create index users_listed_by_name on users (name_key,
  username) where unlisted_at is null and disabled_at is null and name_key is not null;

-- Keyed by person, like the mailbox: on a shard, a session is where its mailbox is, and logging out everywhere is
-- one range of the key.
create table sessions (
  user_id uuid not null,
  -- SHA-256 of the id in the cookie: reading this table is not enough to sign in.
  sid text collate "C" not null,
  sess jsonb not null,
  expire timestamptz not null,
  -- The browser's User-Agent, for the list of devices.
  agent text,
  constraint sessions_pkey primary key (user_id, sid),
  constraint sessions_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
-- For the cleanup job.
create index sessions_expire on sessions (expire);
alter table sessions enable row level security;
create policy own on sessions using (user_id = (select current_owner()) or is_system());

-- Keys that sign cookies, shared by all processes. The highest number signs; the others still verify.
create table signing_keys (
  number integer not null,
  secret text not null,
  made_at timestamptz not null default now(),
  constraint signing_keys_pkey primary key (number)
);

-- Counters of rate limits, in the shape rate-limiter-flexible expects; expire is in milliseconds since 1970.
create table rate_limits (
  key varchar(255) not null,
  points integer not null default 0,
  expire bigint,
  constraint rate_limits_pkey primary key (key)
);

-- A message is two rows, one owned by the sender and one by the recipient. The owner comes first in every key: no
-- query reaches another person's rows, and a mailbox can move to a shard whole.
create table messages (
  owner_id uuid not null,
  -- UUID version 7, made by the program: sorts by time, whichever machine made it.
  id uuid not null,
  box text collate "C" not null,
  -- The other person, and the other copy. No foreign keys: a copy outlives the other person's account and copy.
  other_id uuid not null,
  twin_id uuid,
  body text not null,
  sent_at timestamptz not null,
  -- Since when it is in the trash. Everything moved there by one action has the same time, for undo.
  trashed_at timestamptz,
  -- Null for a message from a user. Notices and announcements come from the program; imported messages from a
  -- file. All of them have the nil UUID as other_id.
  origin text collate "C",
  -- The name in the imported file. A user here of the same name may be somebody else.
  other_name text,
  constraint messages_pkey primary key (owner_id, id),
  constraint messages_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade,
  constraint messages_body_check check (char_length(body) >= 1 and char_length(body) <= 10000),
  constraint messages_box_check check (box = any (array['inbox', 'sent', 'requests', 'held', 'blocked'])),
  constraint messages_origin check (origin = any (array['notice', 'announcement', 'imported',
    'imported notice']))
);
-- For the cleanup job.
create index messages_blocked on messages (sent_at) where box ~~ 'blocked' and trashed_at is null;
-- A page of a list is a range of this index, read backwards: no sort, nothing skipped however full the trash is.
create index messages_by_box on messages (owner_id, box, id) where trashed_at is null;
-- Tells a starting process whether messages have ids from the future, after the clock was put back. Small,
-- because the table is nearly in the order of its ids.
create index messages_by_id_range on messages using brin (id) with (autosummarize='on');
-- A conversation.
create index messages_by_person on messages (owner_id, other_id, id) where trashed_at is null;
-- Search within one mailbox and one window of time (docs/decisions/search-windows.md). No pending list
-- (fastupdate): it would be flushed by whoever writes next, which once took a sender two seconds during imports.
create index messages_by_time on messages using gin (windows_of(owner_id, id), search_keys(tokens_of(body)),
  names_of(other_id, other_name)) with (fastupdate=off);
-- What one action moved to the trash, for undo.
create index messages_by_trashing on messages (owner_id, trashed_at) where trashed_at is not null;
-- For the cleanup job.
create index messages_expired on messages (trashed_at) where trashed_at is not null;
-- A page of the trash.
create index messages_in_trash on messages (owner_id, id) where trashed_at is not null;
alter table messages enable row level security;
create policy own on messages using (owner_id = (select current_owner()) or is_system());

-- One short row per unread message: counting reads nothing else, and reading a message does not rewrite it in
-- every index.
create table unread (
  owner_id uuid not null,
  id uuid not null,
  -- The reader opened it and marked it unread again. The sender can no longer unsend it.
  is_marked boolean not null default false,
  -- In the trash, a request or blocked, and not counted.
  is_quiet boolean not null default false,
  -- As in the message.
  other_id uuid not null,
  constraint unread_pkey primary key (owner_id, id),
  constraint unread_owner_id_id_fkey foreign key (owner_id, id)
    references messages(owner_id, id) on delete cascade
);
-- Counts all, and those from one person; finds the first of a conversation.
create index unread_by_person on unread (owner_id, other_id, id) where not is_quiet;
alter table unread enable row level security;
create policy own on unread using (owner_id = (select current_owner()) or is_system());

-- Forms that have been sent, so that the same form sent again sends nothing (docs/decisions/exactly-once.md).
create table sent_forms (
  owner_id uuid not null,
  -- SHA-256 of the form's random key and its content. The key is not stored, so the content cannot be guessed.
  digest bytea not null,
  recipients smallint not null default 1,
  sent_at timestamptz not null default now(),
  constraint sent_forms_pkey primary key (owner_id, digest),
  constraint sent_forms_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade
);
-- The rate limit of sending.
create index sent_forms_by_time on sent_forms (owner_id, sent_at);
alter table sent_forms enable row level security;
create policy own on sent_forms using (owner_id = (select current_owner()) or is_system());

-- Unsent messages. The id is the random key of their form: one form is one draft, however often it is saved.
create table drafts (
  owner_id uuid not null,
  id uuid not null,
  recipient text not null,
  body text not null,
  saved_at timestamptz not null,
  -- Grows with each save. Which page saved last and how often decides what a page may overwrite.
  version integer not null default 1,
  page uuid,
  saves integer not null default 0,
  constraint drafts_pkey primary key (owner_id, id),
  constraint drafts_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade,
  -- A second line of defence. Longer drafts from before stay until they are saved again.
  constraint drafts_body_length check (char_length(body) <= 100000) not valid
);
alter table drafts enable row level security;
create policy own on drafts using (owner_id = (select current_owner()) or is_system());

-- Usage, for the quota. Sending adds to it, deleting does not subtract: between counts it is never too low. Null:
-- not counted yet. The fillfactor lets an update stay on its page, without a change of any index.
create table mailbox_usage (
  owner_id uuid not null,
  messages integer,
  -- Since when the owner knows that the mailbox is nearly full.
  warned_at timestamptz,
  bytes bigint,
  -- What the owner wrote. Sending is refused for this part only, so that nobody can fill another person's quota.
  sent integer,
  sent_bytes bigint,
  counted_at timestamptz,
  constraint mailbox_usage_pkey primary key (owner_id),
  constraint mailbox_usage_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade
) with (fillfactor=70);
-- For the job that checks whether warned owners have made space.
create index mailbox_usage_warned on mailbox_usage (owner_id) where warned_at is not null;
alter table mailbox_usage enable row level security;
create policy own on mailbox_usage using (owner_id = (select current_owner()) or is_system());

-- Browsers that a person has logged in with. A login from another one leaves a notice.
create table known_browsers (
  user_id uuid not null,
  -- Of the person's id and the random id in the cookie: reveals neither, nor that two people share a browser.
  hash bytea not null,
  seen_at timestamptz not null,
  constraint known_browsers_pkey primary key (user_id, hash),
  constraint known_browsers_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
-- For the cleanup job.
create index known_browsers_seen on known_browsers (seen_at);
alter table known_browsers enable row level security;
create policy own on known_browsers using (user_id = (select current_owner()) or is_system());

-- SHA-256 of each code that is left. One row per person, so that of two uses at the same moment one wins, and so
-- that new codes replace the old ones.
create table recovery_codes (
  user_id uuid not null,
  hashes bytea[] not null,
  made_at timestamptz not null,
  constraint recovery_codes_pkey primary key (user_id),
  constraint recovery_codes_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
alter table recovery_codes enable row level security;
create policy own on recovery_codes using (user_id = (select current_owner()) or is_system());

-- The authenticator app (TOTP, RFC 6238).
create table totp (
  user_id uuid not null,
  -- Encrypted with secret.key, which is not in the database. Stored once the first code was right.
  secret bytea not null,
  confirmed_at timestamptz not null,
  -- Time step (30 s) of the last used code. That code and all before it are refused.
  last_step integer not null,
  -- Codes used recently, newest first, for when the clock is put back and last_step is in the future.
  used_steps integer[] not null default '{}'::integer[],
  constraint totp_pkey primary key (user_id),
  constraint totp_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
alter table totp enable row level security;
create policy own on totp using (user_id = (select current_owner()) or is_system());

-- WebAuthn public keys. The browser names the person together with the credential_id: the same id of two people
-- is two passkeys.
create table passkeys (
  user_id uuid not null,
  id uuid not null,
  credential_id text collate "C" not null,
  public_key bytea not null,
  -- Uses, as counted by the authenticator. A lower number comes from a copy.
  counter bigint not null,
  transports text[] not null,
  name text not null,
  made_at timestamptz not null default now(),
  used_at timestamptz,
  constraint passkeys_pkey primary key (user_id, id),
  constraint passkeys_user_id_credential_id_key unique (user_id, credential_id),
  constraint passkeys_user_id_fkey foreign key (user_id) references users(id) on delete cascade,
  constraint passkeys_name_check check (char_length(name) >= 1 and char_length(name) <= 60)
);
alter table passkeys enable row level security;
create policy own on passkeys using (user_id = (select current_owner()) or is_system());

-- SHA-256 of signed nonces (pending logins, passkey challenges): inserting it consumes the nonce.
create table nonces (
  digest bytea not null,
  used_at timestamptz not null default now(),
  constraint nonces_pkey primary key (digest)
);
-- For the cleanup job: a cookie this old is refused anyway.
create index nonces_by_time on nonces (used_at);

-- Links that set a new password, made by the operator. One per person.
create table reset_links (
  user_id uuid not null,
  -- SHA-256 of 256 random bits, here and below.
  token_hash bytea not null,
  drops_second_factor boolean not null,
  expires_at timestamptz not null,
  constraint reset_links_pkey primary key (user_id),
  constraint reset_links_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
alter table reset_links enable row level security;
create policy own on reset_links using (user_id = (select current_owner()) or is_system());

-- Links to register where an invitation is required. Deleted when used.
create table invitations (
  -- The nil UUID for the operator.
  inviter_id uuid not null,
  id uuid not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  -- Deletes the row with the account. Rows are few and live for a week: the foreign key needs no index.
  member_id uuid generated always as (nullif(inviter_id,
    '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  -- The link of the first administrator, void once there is one.
  makes_admin boolean not null default false,
  constraint invitations_pkey primary key (inviter_id, token_hash),
  constraint invitations_member_id_fkey foreign key (member_id) references users(id) on delete cascade
);
alter table invitations enable row level security;
create policy own on invitations using (inviter_id = (select current_owner()) or is_system());

-- What the operator and administrators did. No reference to users: ids stay after an account is deleted.
create table operator_log (
  id uuid not null,
  at timestamptz not null default now(),
  command text not null,
  user_id uuid,
  options text[] not null,
  -- The administrator who did it; null for the command line.
  admin_id uuid,
  -- When the program wrote it into its log. The command line cannot write there: null until the program has.
  logged_at timestamptz,
  constraint operator_log_pkey primary key (id)
);
create index operator_log_unlogged on operator_log (id) where logged_at is null;
alter table operator_log enable row level security;
-- Belongs to nobody.
create policy system on operator_log using (is_system());

-- The export a person is making: at most one at a time, and its progress, whichever process runs it.
create table exports (
  user_id uuid not null,
  run uuid not null,
  started_at timestamptz not null default now(),
  -- Last sign of life. An export without one for some time does not block the next.
  beat_at timestamptz not null default now(),
  done integer not null default 0,
  total integer not null,
  -- A large mailbox is exported in several files: which one, and the id after which it begins.
  part integer not null default 1,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000'::uuid,
  constraint exports_pkey primary key (user_id),
  constraint exports_user_id_fkey foreign key (user_id) references users(id) on delete cascade
);
alter table exports enable row level security;
create policy own on exports using (user_id = (select current_owner()) or is_system());

-- Every username ever registered, as an HMAC of its skeleton (look-alike characters merged): a name, or one that
-- looks like it, is never registered again (docs/decisions/former-usernames.md).
create table usernames_used (
  hash bytea not null,
  constraint usernames_used_pkey primary key (hash)
);

-- Drafts that were sent or discarded: a page that is still open must not save one again. No text is kept.
create table ended_drafts (
  owner_id uuid not null,
  id uuid not null,
  ended_at timestamptz not null default now(),
  is_sent boolean not null,
  constraint ended_drafts_pkey primary key (owner_id, id),
  constraint ended_drafts_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade
);
-- For the cleanup job, once no form can be that old.
create index ended_drafts_by_time on ended_drafts (ended_at);
alter table ended_drafts enable row level security;
create policy own on ended_drafts using (owner_id = (select current_owner()) or is_system());

-- The import of a person, from the first byte of the upload until its report is dismissed. Without a result and
-- without a sign of life (beat_at), it died with its process, and PostgreSQL has undone what it wrote.
create table imports (
  user_id uuid not null,
  job uuid not null,
  -- The session that started it and the epoch then: it survives a logout, but not what ends all sessions.
  sid text not null,
  epoch integer not null,
  phase text not null default 'uploading',
  bytes_read bigint not null default 0,
  bytes_total bigint not null,
  messages_written integer not null default 0,
  messages_total integer not null default 0,
  own_addresses text not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  ended_at timestamptz,
  -- Not jsonb: names in files may contain characters that jsonb refuses.
  result json,
  constraint imports_pkey primary key (user_id),
  constraint imports_user_id_fkey foreign key (user_id) references users(id) on delete cascade,
  constraint imports_check check ((result is null) = (ended_at is null)),
  constraint imports_phase_check check (phase = any (array['uploading', 'waiting', 'reading', 'writing']))
);
alter table imports enable row level security;
create policy own on imports using (user_id = (select current_owner()) or is_system());

-- The random key of the HMACs above, encrypted with secret.key. Several after secret.key was lost.
create table username_keys (
  encrypted bytea not null,
  constraint username_keys_pkey primary key (encrypted)
);

-- The list of conversations: a row for each person with whom the owner has a message outside the trash; never the nil
-- UUID. Every writer of messages keeps it true (docs/decisions/conversations.md).
create table conversations (
  owner_id uuid not null,
  other_id uuid not null,
  -- The last of these messages; of a note to oneself, the received copy.
  last_id uuid not null,
  constraint conversations_pkey primary key (owner_id, other_id),
  constraint conversations_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade
);
-- A page of the list.
create index conversations_by_last on conversations (owner_id, last_id);
alter table conversations enable row level security;
create policy own on conversations using (owner_id = (select current_owner()) or is_system());

-- What is true of the site as a whole, a row for each fact: its name, its last backup.
create table site_facts (
  name text collate "C" not null,
  value jsonb not null,
  changed_at timestamptz not null default now(),
  constraint site_facts_pkey primary key (name)
);

-- Messages to all members, and how far they have come (docs/decisions/announcements.md).
create table announcements (
  id uuid not null,
  body text not null,
  -- Whoever registers later does not get it.
  made_at timestamptz not null default now(),
  -- The administrator; null: the command line. As in operator_log, the id stays after the account.
  made_by uuid,
  -- Members get it in the order of their ids: the last one who has it.
  after_id uuid not null default '00000000-0000-0000-0000-000000000000'::uuid,
  sent_to integer not null default 0,
  done_at timestamptz,
  constraint announcements_pkey primary key (id),
  constraint announcements_body_check check (char_length(body) >= 1 and char_length(body) <= 10000)
);

-- Who waits for an administrator (docs/decisions/approval.md). They are no users.
create table registrations (
  id uuid not null,
  username text collate "C" not null,
  password_hash text not null,
  -- About oneself. Empty once it was declined.
  line text not null,
  -- What reserves the name in usernames_used until it is declined.
  name_hash bytea not null,
  asked_at timestamptz not null default now(),
  -- From then on the row is only for the login to say so.
  declined_at timestamptz,
  constraint registrations_pkey primary key (id),
  constraint registrations_username_key unique (username),
  constraint registrations_line_check check (char_length(line) <= 500),
  constraint registrations_username_check check (username ~ '^[a-z0-9][a-z0-9_.-]{2,29}$')
);
-- A page of those who wait, oldest first.
create index registrations_waiting on registrations (id) where declined_at is null;

-- How many errors were logged in each hour of the last two days, by all processes.
create table error_counts (
  hour timestamptz not null,
  errors integer not null,
  constraint error_counts_pkey primary key (hour)
);

-- What was deleted permanently, by id alone, so that a restored backup deletes it again. No reference to users: an
-- account is remembered after it is gone.
create table deletions (
  owner_id uuid not null,
  -- Of a message; of an account, the same as owner_id.
  id uuid not null,
  deleted_at timestamptz not null,
  constraint deletions_pkey primary key (owner_id, id)
);
-- For the list beside the backups, and for the cleanup job.
create index deletions_by_time on deletions (deleted_at);
alter table deletions enable row level security;
create policy own on deletions using (owner_id = (select current_owner()) or is_system());

-- What the owner has to do with another person. Sending looks up the recipient's row, by its key, to choose the box.
create table contacts (
  owner_id uuid not null,
  other_id uuid not null,
  -- The owner's first message to them.
  written_at timestamptz,
  -- Their first message after it.
  answered_at timestamptz,
  accepted_at timestamptz,
  blocked_at timestamptz,
  -- written_at, unless they had written before: counts for the limit of a day.
  approached_at timestamptz,
  -- When the owner's block or report of them counted as a complaint: once for all time.
  complained_at timestamptz,
  constraint contacts_pkey primary key (owner_id, other_id),
  constraint contacts_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade,
  constraint contacts_other check (other_id <> owner_id)
);
-- How many of the last 30 days; the next one also of today.
create index contacts_answered on contacts (owner_id, answered_at) where answered_at is not null;
create index contacts_approached on contacts (owner_id, approached_at) where approached_at is not null;
-- The list of blocked people.
create index contacts_blocked on contacts (owner_id, other_id) where blocked_at is not null;
alter table contacts enable row level security;
create policy own on contacts using (owner_id = (select current_owner()) or is_system());

-- Messages that their recipients reported to the administrators (docs/decisions/reports.md).
create table reports (
  reporter_id uuid not null,
  id uuid not null,
  -- The reporter's copy, which may be gone.
  message_id uuid not null,
  -- No reference to users: the report outlives the account.
  reported_id uuid not null,
  -- The message as it was and the reporter's words, encrypted with secret.key, bound to reporter and id.
  encrypted bytea not null,
  reported_at timestamptz not null,
  -- When administrators looked, each time; the reporter sees it.
  looked_at timestamptz[] not null default '{}'::timestamptz[],
  closed_at timestamptz,
  outcome text,
  -- To the reporter, encrypted like the message.
  answer bytea,
  constraint reports_pkey primary key (reporter_id, id),
  constraint reports_reporter_id_message_id_key unique (reporter_id, message_id),
  constraint reports_reporter_id_fkey foreign key (reporter_id) references users(id) on delete cascade,
  constraint reports_check check ((closed_at is null) = (outcome is null)),
  constraint reports_outcome_check check (outcome = any (array['nothing', 'warned', 'disabled']))
);
-- For the cleanup job.
create index reports_by_closing on reports (closed_at) where closed_at is not null;
-- Administrators find a report by its id alone.
create index reports_by_id on reports (id);
-- A page of those that are open.
create index reports_open on reports (id) where closed_at is null;
alter table reports enable row level security;
create policy own on reports using (reporter_id = (select current_owner()) or is_system());

-- How many people blocked or reported the owner on a day (UTC), not who (docs/decisions/new-people.md).
create table complaints (
  owner_id uuid not null,
  day date not null,
  count integer not null default 1,
  constraint complaints_pkey primary key (owner_id, day),
  constraint complaints_owner_id_fkey foreign key (owner_id) references users(id) on delete cascade,
  constraint complaints_count check (count > 0)
);
alter table complaints enable row level security;
create policy own on complaints using (owner_id = (select current_owner()) or is_system());

-- Search reads messages through this view, with the same condition as the policy: @@ and @> are not leakproof, so
-- row-level security would keep them from using the index.
create view searched_messages as
 select owner_id,
    id,
    box,
    other_id,
    other_name,
    origin,
    body,
    sent_at,
    trashed_at
   from messages
  where owner_id = (select current_owner()) or is_system();

-- A mailbox in one window of time, as a key. The first digits of an id are its time: 4 are windows of 50 days, 5
-- of 3 days, 6 of 5 hours.
create or replace function window_of(owner_id uuid, id uuid, digits integer)
 returns bytea
 language sql
 immutable parallel safe
return (uuid_send(owner_id) || ("left"((id)::text, digits))::bytea);

create or replace function windows_of(owner_id uuid, id uuid)
 returns bytea[]
 language sql
 immutable parallel safe
return array[window_of(owner_id, id, 4), window_of(owner_id, id, 5), window_of(owner_id, id, 6)];

-- By what the other person is found: the id (after a space, which no name contains), or the name in the file,
-- alone or as an address.
create or replace function names_of(other_id uuid, other_name text)
 returns text[]
 language sql
 immutable parallel safe
return case when (other_name is null) then array[(' ' || other_id)]
  else array[lower((other_name collate "und-x-icu")), lower((coalesce("substring"(other_name, '<([^<>]*)>$'),
  other_name) collate "und-x-icu"))] end;

-- The tokens of a text, by Unicode alone (docs/decisions/search-tokens.md). In full in
-- migrations/0018_tokens.sql.
create or replace function tokens_of(body text)
 returns text
 language plpgsql
 immutable parallel safe strict
as $function$ -- 135 lines, SHA-256 650b8412b1d9fd96…
$function$;

-- The keys of these tokens in the index: whole tokens, beginnings of words, and pairs of characters of scripts
-- without spaces.
create or replace function search_keys(tokens text)
 returns tsvector
 language plpgsql
 immutable parallel safe strict
as $function$
declare
  list text[] := string_to_array(btrim(tokens), ' ');
  keys text[];
begin
  select array_agg(left(t, 60))
         || array_agg(left(t, 3) || '*') filter (where length(t) > 3)
         || array_agg(left(t, 4) || '*') filter (where length(t) > 4)
         || array_agg(left(t, 6) || '*') filter (where length(t) > 6)
  into keys from unnest(list) t;
  if octet_length(tokens) > length(tokens) then
    -- From Thai on; that some words between them get pairs as well does no harm.
    keys := keys || array(
      select left(t || '~' || next, 60) from unnest(list, list[2:]) pairs (t, next)
      where t collate "C" >= 'ก' and next collate "C" >= 'ก');
  end if;
  return array_to_tsvector(coalesce(keys, '{}'));
end $function$;

-- Whose rows a statement may see: set before each one (docs/decisions/row-level-security.md). Unset is an error.
create or replace function current_owner()
 returns uuid
 language sql
 stable parallel safe
return case when (current_setting('app.owner_id', true) = 'system') then null::uuid
  else (current_setting('app.owner_id'))::uuid end;

-- A case because of the estimate: PostgreSQL expects half of the rows from it, and 1 in 200 from an equality.
create or replace function is_system()
 returns boolean
 language sql
 stable parallel safe
return case when (current_setting('app.owner_id', true) = 'system') then true else false end;

grant select, insert, update, delete on announcements, complaints, contacts, conversations, deletions, drafts,
  ended_drafts, error_counts, exports, imports, invitations, known_browsers, mailbox_usage, messages, nonces,
  operator_log, passkeys, rate_limits, recovery_codes, registrations, reports, reset_links, sent_forms,
  sessions, signing_keys, site_facts, totp, unread, username_keys, usernames_used, users to app_role;
grant select on schema_migrations, searched_messages to app_role;
