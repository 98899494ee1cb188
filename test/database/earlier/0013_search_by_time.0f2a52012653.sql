-- What a search looks for, within one person's mailbox and a window of time: from one window to the next, so that the
-- newest of a common word are found without all the others. An index of whole mailboxes names tens of thousands of
-- messages before the newest of them can be chosen.

-- A mailbox in one window of time, as one key. The first two bytes of an id are its time in steps of 2^32 milliseconds (50
-- days), the first three in steps of 2^24 (4.7 hours).
create function window_of(owner_id uuid, id uuid, bytes integer) returns bytea language sql immutable parallel safe
  return uuid_send(owner_id) || substring(uuid_send(id) for bytes);

create function windows_of(owner_id uuid, id uuid) returns bytea[] language sql immutable parallel safe
  return array[window_of(owner_id, id, 2), window_of(owner_id, id, 3)];

-- By what the person at the other end can be found: the id of somebody here (behind a space, which nobody's name has), or
-- the name that a file said, alone or as an address beside another name.
create function names_of(other_id uuid, other_name text) returns text[] language sql immutable parallel safe
  return case when other_name is null then array[' ' || other_id]
    else array[lower(other_name), lower(coalesce(substring(other_name from '<([^<>]*)>$'), other_name))] end;

-- New entries wait in a list, which every look into the index reads as well: a short one.
create index messages_by_time on messages using gin
  (windows_of(owner_id, id), to_tsvector('words', body), names_of(other_id, other_name))
  with (gin_pending_list_limit = 64);
drop index messages_words;
