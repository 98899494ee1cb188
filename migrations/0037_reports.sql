-- Messages that their recipients reported to the administrators. The text is encrypted with secret.key: it is the one text
-- that was between others and that administrators may read, and a copy of the database alone must not show which texts hurt
-- whom. It holds the message as it was, so that taking it back or deleting it changes nothing. reported_id has no reference:
-- the report outlives the account for 90 days. The unique constraint decides between two reports of one message.
create table reports (
  reporter_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  message_id uuid not null,
  reported_id uuid not null,
  encrypted bytea not null,
  reported_at timestamptz not null,
  looked_at timestamptz[] not null default '{}',
  closed_at timestamptz,
  outcome text check (outcome in ('nothing', 'warned', 'disabled')),
  answer bytea,
  primary key (reporter_id, id),
  unique (reporter_id, message_id),
  check ((closed_at is null) = (outcome is null))
);

-- Administrators find a report by its id alone, and page through those that are closed.
create index reports_by_id on reports (id);
-- A page of those that are open, however many are closed.
create index reports_open on reports (id) where closed_at is null;
-- For the cleanup job.
create index reports_by_closing on reports (closed_at) where closed_at is not null;

alter table reports enable row level security;
create policy own on reports using (reporter_id = (select current_owner()) or is_system());
