// Usernames that were ever used, as HMACs: a name can be had once, and a copy of the database does not tell former names.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import type { Seal } from '../sealing.ts';
import { skeletonOf } from './look-alikes.ts';

/** The HMAC-SHA256 of a name's SHA-256, with a key that stands in the database encrypted with secret.key. */
export type HashUsername = (name: string) => Buffer;

const context = 'usernames';
const batch = 10_000;

/**
 * Reads the key. Makes it where there is none yet, and turns the hashes of before into HMACs. Where secret.key does not
 * open it, because it was lost, nobody can read the former names any more: there is a new key then, with which the names
 * in use stay taken, and `tell` hears that those of deleted accounts are free.
 */
export async function openUsedUsernames(
  pool: Pool,
  seal: Seal,
  tell: (line: string) => void,
): Promise<HashUsername> {
  const known = await findKey(pool, seal);
  if (known !== 'none' && known !== 'lost') return hashWith(known);
  return transaction(pool, async (db) => {
    await db.query(`set local statement_timeout = '60s'; set local lock_timeout = '30s'`);
    await db.query('lock table usernames_used in exclusive mode');
    const key = await findKey(db, seal); // of several processes the first makes it
    if (key !== 'none' && key !== 'lost') return hashWith(key);
    const made = randomBytes(32);
    if (key === 'none') await turnIntoHmacs(db, made);
    else await addNamesInUse(db, hashWith(made));
    await db.query(
      `insert into username_key (encrypted) values ($1) on conflict (id) do update set encrypted = excluded.encrypted`,
      [seal.close(context, made)],
    );
    if (key === 'lost')
      tell(
        'secret.key in DATA_DIR is not the file that encrypted the key of used usernames in this database: ' +
          'names of deleted accounts can be registered again.',
      );
    return hashWith(made);
  });
}

/** For a new secret.key. Where the former one does not open the key either, the next start makes another. */
export async function encryptUsernameKey(db: Database, former: Seal, seal: Seal): Promise<void> {
  const key = await findKey(db, former);
  if (key === 'none' || key === 'lost') return;
  await db.query('update username_key set encrypted = $1', [seal.close(context, key)]);
}

async function findKey(db: Database, seal: Seal): Promise<Buffer | 'none' | 'lost'> {
  const { rows } = await db.query<{ encrypted: Buffer }>('select encrypted from username_key');
  return rows[0] ? (seal.open(context, rows[0].encrypted) ?? 'lost') : 'none';
}

function hashWith(key: Buffer): HashUsername {
  return (name) => hmac(key, createHash('sha256').update(name).digest());
}

function hmac(key: Buffer, digest: Buffer): Buffer {
  return createHmac('sha256', key).update(digest).digest();
}

async function turnIntoHmacs(db: Database, key: Buffer): Promise<void> {
  const { rows } = await db.query<{ hash: Buffer }>('delete from usernames_used returning hash');
  await addHashes(
    db,
    rows.map(({ hash }) => hmac(key, hash)),
  );
}

async function addNamesInUse(db: Database, hashOf: HashUsername): Promise<void> {
  const { rows } = await db.query<{ username: string }>(
    'select username from users where username is not null',
  );
  await addHashes(
    db,
    rows.flatMap(({ username }) => [hashOf(username), hashOf(skeletonOf(username))]),
  );
}

async function addHashes(db: Database, hashes: Buffer[]): Promise<void> {
  for (let start = 0; start < hashes.length; start += batch)
    await db.query('insert into usernames_used (hash) select unnest($1::bytea[]) on conflict do nothing', [
      hashes.slice(start, start + batch),
    ]);
}
