-- Ids of messages and accounts that were deleted permanently, so that restoring an older backup does not bring them back.
-- Of an account, both ids are its own. No reference to users: the account is gone.
create table deletions (
  owner_id uuid not null,
  id uuid not null,
  deleted_at timestamptz not null,
  primary key (owner_id, id)
);
create index deletions_by_time on deletions (deleted_at);

alter table deletions enable row level security;
create policy own on deletions using (owner_id = (select current_owner()) or is_system());
