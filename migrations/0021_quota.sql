-- How much a mailbox holds in bytes as well (octet_length of the texts, which PostgreSQL knows without reading them), and
-- how much of it its owner has written: sending is refused for that alone, so that nobody is silenced by what others send.
-- null: not counted yet. counted_at: when all of it was last counted; in between it is no less than what is there.
-- Sending waits while this runs.
alter table mailbox_sizes
  add column bytes bigint,
  add column sent integer,
  add column sent_bytes bigint,
  add column counted_at timestamptz;

update mailbox_sizes s
set messages = c.messages, bytes = c.bytes, sent = c.sent, sent_bytes = c.sent_bytes, counted_at = now()
from (
  select u.id as owner_id, count(m.id)::int as messages, coalesce(sum(octet_length(m.body)), 0) as bytes,
         count(m.id) filter (where m.box = 'sent')::int as sent,
         coalesce(sum(octet_length(m.body)) filter (where m.box = 'sent'), 0) as sent_bytes
  from users u left join messages m on m.owner_id = u.id
  group by u.id
) c
where c.owner_id = s.owner_id;

-- A wall behind the program's own limit. Longer ones from before stay until they are saved again.
alter table drafts add constraint drafts_body_length check (char_length(body) <= 100000) not valid;
