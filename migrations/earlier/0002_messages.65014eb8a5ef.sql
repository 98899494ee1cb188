-- The first 0002 had neither trash nor unread marks: adds what the present one makes. What was received counts as read.
alter table messages
  add column twin_id uuid,
  add column trashed_at timestamptz;
drop index messages_by_box;
create index messages_by_box on messages (owner_id, box, id) where trashed_at is null;
create index messages_by_person on messages (owner_id, other_id, id) where trashed_at is null;
create index messages_in_trash on messages (owner_id, id) where trashed_at is not null;
create index messages_by_trashing on messages (owner_id, trashed_at) where trashed_at is not null;
create index messages_expired on messages (trashed_at) where trashed_at is not null;

create table unread (
  owner_id uuid not null,
  id uuid not null,
  is_marked boolean not null default false,
  is_trashed boolean not null default false,
  primary key (owner_id, id),
  foreign key (owner_id, id) references messages (owner_id, id) on delete cascade
);
create index unread_counted on unread (owner_id, id) where not is_trashed;

alter table sent_forms add column recipients smallint not null default 1;
