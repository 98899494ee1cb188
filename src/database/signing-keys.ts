// Cookie signing keys: created at the first start, stored in the database, shared by all processes, rotatable.
import { randomBytes } from 'node:crypto';
import type { Database } from './pool.ts';

/** A key signs once every process has read it, and verifies until no cookie can still carry it. */
const signsAfter = '2 minutes';
const verifiesFor = '91 days'; // a session lasts at most 90 days

/** The signing secret is first. Updated in place, because express-session and cookie-parser read it per request. */
export async function openSigningKeys(db: Database, onError: (error: Error) => void, reloadEvery = 60_000) {
  await db.query(
    'insert into signing_keys (number, secret) values (1, $1) on conflict do nothing returning number',
    [newSecret()],
  );
  const secrets = await listSecrets(db);
  const timer = setInterval(() => {
    listSecrets(db).then((current) => secrets.splice(0, secrets.length, ...current), onError);
  }, reloadEvery);
  timer.unref();
  return { secrets, close: () => clearInterval(timer) };
}

/** Adds a key and deletes those no longer in use. Concurrent calls add one key. */
export async function rotateSigningKeys(db: Database): Promise<void> {
  await db.query(
    `insert into signing_keys (number, secret)
     select coalesce(max(number), 0) + 1, $1 from signing_keys
     on conflict do nothing returning number`,
    [newSecret()],
  );
  await db.query(
    `delete from signing_keys old where exists (
       select from signing_keys newer where newer.number > old.number and newer.made_at < now() - $1::interval)`,
    [verifiesFor],
  );
}

async function listSecrets(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ secret: string }>(
    `select secret from signing_keys
     order by (made_at < now() - $1::interval or number = 1) desc, number desc`,
    [signsAfter],
  );
  return rows.map((row) => row.secret);
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
