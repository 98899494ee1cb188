-- How many people somebody has written to unasked, for the limit of a day; null where they had written first.
alter table contacts add column approached_at timestamptz;
-- The owner's first complaint about them that counted: there is never a second one.
alter table contacts add column complained_at timestamptz;
-- Those of a day, and of the last 30 days.
create index contacts_approached on contacts (owner_id, approached_at) where approached_at is not null;
create index contacts_answered on contacts (owner_id, answered_at) where answered_at is not null;

-- How many blocked or reported the owner on a day (UTC). Not who: the owner's rows must not hold it.
create table complaints (
  owner_id uuid not null references users on delete cascade,
  day date not null,
  count integer not null default 1,
  primary key (owner_id, day),
  constraint complaints_count check (count > 0)
);
alter table complaints enable row level security;
create policy own on complaints using (owner_id = (select current_owner()) or is_system());
