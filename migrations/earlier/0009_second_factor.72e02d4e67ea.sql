-- The first 0009 kept secrets that nobody had confirmed with a code; the present one does not, so they go.
delete from totp where confirmed_at is null;
alter table totp
  drop column made_at,
  alter column confirmed_at set not null,
  alter column last_step drop default;
