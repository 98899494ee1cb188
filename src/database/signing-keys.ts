// The keys that sign cookies: made at the first start, kept in the database, shared by all processes, rotatable.
import { randomBytes } from 'node:crypto';
import type { Database } from './pool.ts';

/** Signs from the second minute on, when every process has read it; verifies until no cookie can still carry it. */
const signsAfter = '2 minutes';
const verifiesFor = '91 days'; // a session lives 90 days at most

/**
 * The secrets, the one that signs first. The same array is kept up to date for as long as the program runs,
 * because express-session and cookie-parser look at it anew for each request.
 */
export async function openSigningKeys(db: Database, onError: (error: Error) => void, reloadEvery = 60_000) {
  await db.query('insert into signing_keys (number, secret) values (1, $1) on conflict do nothing', [
    newSecret(),
  ]);
  const secrets = await listSecrets(db);
  const timer = setInterval(() => {
    listSecrets(db).then((current) => secrets.splice(0, secrets.length, ...current), onError);
  }, reloadEvery);
  timer.unref();
  return { secrets, close: () => clearInterval(timer) };
}

/** Adds a new key and forgets those that can no longer be in use. Two at the same moment add one. */
export async function rotateSigningKeys(db: Database): Promise<void> {
  await db.query(
    `insert into signing_keys (number, secret)
     select coalesce(max(number), 0) + 1, $1 from signing_keys on conflict do nothing`,
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
