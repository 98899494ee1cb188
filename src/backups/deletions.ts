// The list of what was deleted permanently since, beside the backups: a restore deletes it again.
import { appendFile, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { tryLock } from '../database/locks.ts';
import type { Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { lowerLast } from '../mailbox/conversations/last-messages.ts';
import { rememberDeletions } from '../mailbox/trash/deletions.ts';

const fileName = 'deletions';
const batch = 10_000;
const tailBytes = 100_000;
/** Rows appear when their transaction ends, and bear the time when it began. */
const overlapMs = 5 * 60_000;

export interface Deletion {
  line: string;
  deletedAt: string; // by the clock of the database, to the microsecond
  ownerId: string;
  id: string;
}

const pattern = /^(\d{4}-\d\d-\d\dT\S+) ([\da-f-]{36}) ([\da-f-]{36})$/;

function readLines(text: string): Deletion[] {
  return text.split('\n').flatMap((line) => {
    const [, deletedAt, ownerId, id] = pattern.exec(line) ?? [];
    return deletedAt ? [{ line, deletedAt, ownerId: ownerId!, id: id! }] : [];
  });
}

/** Adds to the list what it lacks; one process at a time. */
export function appendDeletions(pool: Pool, folder: string): Promise<void> {
  return transaction(pool, async (db) => {
    if (!(await tryLock(db, 'deletions'))) return;
    const file = join(folder, fileName);
    const tail = readLines(await readTail(file));
    const known = new Set(tail.map(({ line }) => line));
    let from = new Date(
      Date.parse(tail.at(-1)?.deletedAt ?? '1970-01-01T00:00:00Z') - overlapMs,
    ).toISOString();
    for (;;) {
      const { rows } = await db.query<{ deletedAt: string; ownerId: string; id: string }>(
        `select to_json(deleted_at) #>> '{}' as "deletedAt", owner_id as "ownerId", id from deletions
         where deleted_at > $1 order by deleted_at limit $2`,
        [from, batch],
      );
      const lines = rows.map(({ deletedAt, ownerId, id }) => `${deletedAt} ${ownerId} ${id}`);
      const fresh = lines.filter((line) => !known.has(line));
      if (fresh.length > 0) await appendFile(file, `${fresh.join('\n')}\n`, { mode: 0o600, flush: true });
      if (rows.length < batch) return;
      from = rows.at(-1)!.deletedAt;
    }
  });
}

async function readTail(file: string): Promise<string> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size === 0) return '';
  const handle = await open(file);
  try {
    const start = Math.max(0, size - tailBytes);
    const { buffer } = await handle.read({ buffer: Buffer.alloc(size - start), position: start });
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** Removes what is older than the oldest backup. */
export function shortenDeletions(pool: Pool, folder: string, oldest: Date): Promise<void> {
  return transaction(pool, async (db) => {
    if (!(await tryLock(db, 'deletions'))) return;
    const file = join(folder, fileName);
    const all = readLines(await readFile(file, 'utf8').catch(() => ''));
    const kept = all.filter(({ deletedAt }) => Date.parse(deletedAt) > oldest.getTime() - overlapMs);
    if (kept.length === all.length) return;
    const partial = `${file}.partial`;
    await rm(partial, { force: true });
    await writeFile(partial, kept.map(({ line }) => `${line}\n`).join(''), { mode: 0o600, flush: true });
    await rename(partial, file);
  });
}

/** The list beside a backup; undefined if there is none. Throws if the one that was named cannot be read. */
export async function readDeletions(backup: string, named?: string): Promise<Deletion[] | undefined> {
  if (named !== undefined) return readLines(await readFile(named, 'utf8'));
  const text = await readFile(join(dirname(backup), fileName), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readLines(text);
}

export interface Replayed {
  messages: number;
  accounts: number;
}

/** Deletes in a restored database what was deleted after the backup was made, and remembers it. */
export async function replayDeletions(
  client: pg.Client,
  deletions: Deletion[],
  madeAt: string,
): Promise<Replayed> {
  const since = deletions.filter(({ deletedAt }) => Date.parse(deletedAt) > Date.parse(madeAt) - overlapMs);
  await client.query('create temporary table gone (owner_id uuid, id uuid) on commit drop');
  for (let at = 0; at < since.length; at += batch) {
    const some = since.slice(at, at + batch);
    await client.query(
      'insert into gone (owner_id, id) select owner_id, id from unnest($1::uuid[], $2::uuid[]) as t (owner_id, id)',
      [some.map(({ ownerId }) => ownerId), some.map(({ id }) => id)],
    );
  }
  const accounts = await client.query(
    'delete from users u using gone g where g.owner_id = u.id and g.id = u.id',
  );
  const messages = await client.query<{ ownerId: string; otherId: string }>(
    `delete from messages m using gone g where m.owner_id = g.owner_id and m.id = g.id
     returning m.owner_id as "ownerId", m.other_id as "otherId"`,
  );
  const byOwner = Map.groupBy(messages.rows, ({ ownerId }) => ownerId);
  for (const [ownerId, rows] of byOwner)
    await lowerLast(
      client,
      ownerId,
      rows.map(({ otherId }) => otherId),
    );
  await client.query(rememberDeletions('select distinct owner_id, id from gone'));
  return { accounts: accounts.rowCount ?? 0, messages: messages.rowCount ?? 0 };
}
