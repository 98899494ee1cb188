-- Names that were ever used become HMACs: a SHA-256 of a short name is found by trying names. Their key is random, and
-- stands here encrypted with secret.key. The program makes it at its next start, and turns the hashes of before into HMACs
-- of themselves (src/accounts/used-usernames.ts).
create table username_key (
  id int primary key default 1 check (id = 1),
  encrypted bytea not null
);
