-- An announcement is a message to all members, which nobody here wrote as a person.
alter table messages drop constraint messages_origin;
alter table messages add constraint messages_origin
  check (origin in ('notice', 'announcement', 'imported', 'imported notice')) not valid;
-- Nobody reads while the program starts.
-- squawk-ignore constraint-missing-not-valid
alter table messages validate constraint messages_origin;

-- Members get it in the order of their ids, a batch in each transaction: who has it already is one id. Whoever finds an
-- unfinished one goes on behind it.
create table announcements (
  id uuid primary key,
  body text not null check (char_length(body) between 1 and 10000),
  made_at timestamptz not null default now(),
  made_by uuid,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000',
  sent_to integer not null default 0,
  done_at timestamptz
);
