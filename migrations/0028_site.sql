-- What is true of the site as a whole, a row for each fact: its name, its last backup.
create table site_facts (
  name text collate "C" primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

-- Since when the person is an administrator.
alter table users add column admin_since timestamptz;
