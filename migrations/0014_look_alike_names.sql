-- A name can be had once, and so can all that look like it: from here on, usernames_used holds the SHA-256 of a name's
-- skeleton, what is left of it without . _ - when 0 is o, 1 and l are i, m is rn and w is vv (skeletonOf in
-- src/accounts/look-alikes.ts). Accounts that look alike already stay, and share a row. The rows of before, of the names
-- themselves, stay as well: of an account that was deleted nothing else is known, and its very name is not had again.
insert into usernames_used (hash)
select distinct sha256(convert_to(
  replace(replace(translate(username, '01l._-', 'oii'), 'm', 'rn'), 'w', 'vv'), 'UTF8'))
from users where username is not null
on conflict do nothing;
