-- Names in imported mail are compared without regard to case, and in the same way in every locale: in a Turkish one,
-- lower('I') is no i. ICU's root locale where PostgreSQL has it, which is what the program does too.
do $$
declare
  root text := case when exists (select from pg_collation where collname = 'und-x-icu' and collnamespace = 'pg_catalog'::regnamespace)
    then 'pg_catalog."und-x-icu"' else 'pg_catalog."C"' end;
  differs boolean;
begin
  execute format('select exists (select from messages where other_name is not null
    and lower(other_name) <> lower(other_name collate %s))', root) into differs;
  execute format($body$
    create or replace function names_of(other_id uuid, other_name text) returns text[] language sql immutable parallel safe
      return case when other_name is null then array[' ' || other_id]
        else array[lower(other_name collate %1$s),
          lower(coalesce(substring(other_name from '<([^<>]*)>$'), other_name) collate %1$s)] end
  $body$, root);
  if differs then reindex index messages_by_time; end if;
end $$;
