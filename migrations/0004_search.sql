-- Words in any language: no stemming, because people write in many; accents ignored.
create extension if not exists unaccent;
create text search configuration words (copy = simple);
alter text search configuration words
  alter mapping for asciiword, word, numword, asciihword, hword, numhword, hword_asciipart, hword_part, hword_numpart
  with unaccent, simple;

-- Finds words within one person's mailbox: the owner is the first key of the index itself (btree_gin).
create extension if not exists btree_gin;
create index messages_words on messages using gin (owner_id, to_tsvector('words', body)) with (gin_pending_list_limit = 256);
