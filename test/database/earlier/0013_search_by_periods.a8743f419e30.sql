-- What a search looks for, within one person's mailbox and some three days of it: period after period, so that the newest
-- of a common word are found without all the others. An index of whole mailboxes names tens of thousands of messages
-- before the newest of them can be chosen.

-- A mailbox and a part of it: the first five digits of an id are its time in steps of 2^28 milliseconds.
create function period_of(owner_id uuid, id uuid) returns bytea language sql immutable parallel safe
  return uuid_send(owner_id) || decode(left(id::text, 5) || '0', 'hex');

-- By what the person at the other end can be found: the id of somebody here, or the name that a file said, alone or as
-- an address beside another name.
create function names_of(other_id uuid, other_name text) returns text[] language sql immutable parallel safe
  return case when other_name is null then array[other_id::text]
    else array[lower(other_name), lower(coalesce(substring(other_name from '<([^<>]*)>$'), other_name))] end;

-- New entries wait in a list, which every look into the index reads as well: a short one.
drop index messages_words;
create index messages_by_period on messages using gin
  (period_of(owner_id, id), to_tsvector('words', body), names_of(other_id, other_name)) with (gin_pending_list_limit = 64);
