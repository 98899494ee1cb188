// Tells administrators in their inboxes what is wrong with the backups, once a week while it lasts.
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { readFact, writeFact } from '../database/site-facts.ts';
import type { Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { bytesInWords } from '../in-words.ts';
import { listBackups } from './kept.ts';

export type Trouble = 'rehearsal' | 'age' | 'space';

const dayMs = 24 * 60 * 60 * 1000;
export const maxAgeMs = 2 * dayMs;
export const againAfterMs = 7 * dayMs;

/** Sentences by kind: the newest backup is too old, or the next ones may not fit. */
export async function findTroubles(folder: string, now: Date): Promise<Map<Trouble, string>> {
  const troubles = new Map<Trouble, string>();
  const backups = await listBackups(folder).catch(() => []); // the folder is away
  const newest = backups.findLast(({ madeAt }) => madeAt <= now.getTime() + dayMs);
  if (!newest) return troubles.set('age', `Backups: there is none in ${folder}. The log says why.`);
  if (newest.madeAt < now.getTime() - maxAgeMs)
    troubles.set('age', `Backups: the newest one in ${folder} is older than two days. The log says why.`);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < 2 * (await stat(join(folder, newest.name))).size)
    troubles.set('space', `Backup space is short: ${bytesInWords(free)} are left in ${folder}.`);
  return troubles;
}

/** Forgets what is over. */
export async function tellAdministrators(
  pool: Pool,
  troubles: Map<Trouble, string>,
  now: Date,
): Promise<void> {
  const told = (await readFact<Partial<Record<Trouble, string>>>(pool, 'backup-troubles'))?.value ?? {};
  const isToldOf = (kind: Trouble) =>
    told[kind] !== undefined && Math.abs(now.getTime() - Date.parse(told[kind])) < againAfterMs;
  const fresh = [...troubles].filter(([kind]) => !isToldOf(kind));
  const since = (kind: Trouble) => (isToldOf(kind) ? told[kind] : now.toISOString());
  const { rows } = await pool.query<{ id: string }>(
    'select id from users where admin_since is not null and username is not null order by id',
  );
  await transaction(pool, async (db) => {
    for (const { id } of rows) for (const [, sentence] of fresh) await leaveNotice(db, id, sentence);
    const still = Object.fromEntries([...troubles.keys()].map((kind) => [kind, since(kind)]));
    await writeFact(db, 'backup-troubles', still);
  });
  if (fresh.length > 0)
    await tellAll(
      pool,
      rows.map(({ id }) => id),
    );
}
