-- The reader's time zone, like "Europe/Berlin", for days and times on pages; null for what the browser says.
alter table users add column time_zone text check (length(time_zone) <= 60);
