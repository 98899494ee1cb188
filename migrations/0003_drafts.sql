-- Letters begun and not sent. id is the random key of the form they were written on, so that one form is one draft,
-- however often it is saved.
create table drafts (
  owner_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  recipient text not null,
  body text not null,
  saved_at timestamptz not null,
  primary key (owner_id, id)
);
