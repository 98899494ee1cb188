-- Names that were ever used become HMACs: a SHA-256 of a short name is found by trying names. Their key is random, and
-- stands here encrypted with secret.key. The program makes it at its next start, and turns the hashes of before into HMACs
-- of themselves (src/accounts/used-usernames.ts). There are several after secret.key was lost: each for its own file.
create table username_keys (
  encrypted bytea primary key
);
