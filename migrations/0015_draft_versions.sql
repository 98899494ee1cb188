-- One draft may be open on several pages. version grows with each save; page is the page that saved it last, and saves
-- how often that page had saved it: what a page may replace is told by these (src/drafts/queries.ts).
alter table drafts
  add column version integer not null default 1,
  add column page uuid,
  add column saves integer not null default 0;

-- Drafts that were sent or discarded: a page that is still open must not bring one back. The id is random, nothing of
-- the text is kept. A form that was made before its draft was first saved may begin it anew after a discard.
-- Removed when no form can be that old; the index is for that.
create table ended_drafts (
  owner_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  ended_at timestamptz not null default now(),
  is_sent boolean not null,
  primary key (owner_id, id)
);
create index ended_drafts_by_time on ended_drafts (ended_at);
