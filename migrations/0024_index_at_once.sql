-- Whoever sends or imports writes their own words into the index. A list of what is still to be written would be written by
-- whoever happens to come next: beside imports of random words, sending took somebody else two seconds.
alter index messages_by_time set (fastupdate = off);
alter index messages_by_time reset (gin_pending_list_limit);
select gin_clean_pending_list('messages_by_time');
