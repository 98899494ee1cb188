// Every username ever used, as an HMAC: none is reused, and a database copy does not reveal former names.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import type { Encryption } from '../secrets/encryption.ts';
import { skeletonOf } from '../look-alikes.ts';

/** HMAC-SHA256 of the name's SHA-256; the key is stored in the database, encrypted with secret.key. */
export type HashUsername = (name: string) => Buffer;

const context = 'usernames';
const batch = 10_000;

/** Reads the key, or makes it and converts the former hashes into HMACs. If secret.key was lost and decrypts none,
 * makes a new one: names in use stay taken, those of deleted accounts do not, which `tell` reports, until it is back.
 * */
export async function openUsedUsernames(
  pool: Pool,
  encryption: Encryption,
  tell: (line: string) => void,
): Promise<HashUsername> {
  const known = await findKey(pool, encryption);
  if (known.key && known.others === 0) return hashWith(known.key);
  return transaction(pool, async (db) => {
    await db.query(`set local statement_timeout = '60s'; set local lock_timeout = '30s'`);
    await db.query('lock table usernames_used in exclusive mode');
    const { key: own, others } = await findKey(db, encryption); // again: of several processes only the first makes it
    const key = own ?? randomBytes(32);
    if (!own)
      await db.query('insert into username_keys (encrypted) values ($1)', [encryption.encrypt(context, key)]);
    if (others > 0) await addNamesInUse(db, hashWith(key));
    else if (!own) await turnIntoHmacs(db, key);
    if (!own && others > 0)
      tell(
        'secret.key in DATA_DIR is not the file that encrypted the key of used usernames in this database: names of ' +
          'deleted accounts can be registered again until the earlier file is restored.',
      );
    return hashWith(key);
  });
}

/** Re-encrypts the key for a new secret.key. If `former` decrypts none, the next start makes a new key. */
export async function encryptUsernameKey(
  db: Database,
  former: Encryption,
  encryption: Encryption,
): Promise<void> {
  const { key, encrypted } = await findKey(db, former);
  if (key)
    await db.query('update username_keys set encrypted = $2 where encrypted = $1', [
      encrypted,
      encryption.encrypt(context, key),
    ]);
}

interface Found {
  key?: Buffer;
  encrypted?: Buffer;
  others: number;
}

async function findKey(db: Database, encryption: Encryption): Promise<Found> {
  const { rows } = await db.query<{ encrypted: Buffer }>('select encrypted from username_keys');
  for (const { encrypted } of rows) {
    const key = encryption.decrypt(context, encrypted);
    if (key) return { key, encrypted, others: rows.length - 1 };
  }
  return { others: rows.length };
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
    `select username from users where username is not null
     union all select username from registrations where declined_at is null`,
  );
  await addHashes(
    db,
    rows.flatMap(({ username }) => [hashOf(username), hashOf(skeletonOf(username))]),
  );
}

async function addHashes(db: Database, hashes: Buffer[]): Promise<void> {
  for (let start = 0; start < hashes.length; start += batch)
    await db.query(
      'insert into usernames_used (hash) select unnest($1::bytea[]) on conflict do nothing returning hash',
      [hashes.slice(start, start + batch)],
    );
}
