-- The name that people see beside the username, in any script; null for none.
alter table users add column display_name text check (char_length(display_name) between 1 and 60);

-- Since when the person does not want to be in the directory of members.
alter table users add column unlisted_at timestamptz;

-- The display name as it is searched for: without accents and case, made by the program.
alter table users add column name_key text collate "C" constraint users_name_key_check
  check (char_length(name_key) <= 100 and (name_key is null) = (display_name is null));

-- A page of the directory, and of those in it whose display name begins with what was typed, are ranges.
create index users_listed on users (username) where unlisted_at is null and disabled_at is null;
create index users_listed_by_name on users (name_key, username)
  where unlisted_at is null and disabled_at is null and name_key is not null;
