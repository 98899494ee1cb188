// Continues after the newest id in the database, in case the system clock was set back.
import { catchUpWith, maxAhead, now } from '../clock.ts';
import { lowestIdAt, timeOf } from '../ids.ts';
import { withQueryTimeout, type Database, type Pool } from './pool.ts';
import { transaction } from './transaction.ts';

export async function goOnFromNewestId(pool: Pool): Promise<void> {
  const present = now();
  const latest = new Date(present.getTime() + maxAhead);
  const ids = await transaction(pool, (db) => listNewestIds(db, present, latest));
  for (const id of ids) catchUpWith(timeOf(id) + 1);
}

// Forces the BRIN index (2 pages, 0.04 ms): PostgreSQL would choose the primary key, which begins with the owner, and
// read all of it (60,000 messages: 389 pages, 2.2 ms).
const settings = `
  set local statement_timeout = 0; set local enable_indexscan = off; set local enable_indexonlyscan = off`;

/** Needs a transaction. Skips imported messages, whose times the importing user can choose. */
export async function listNewestIds(db: Database, after: Date, before: Date): Promise<string[]> {
  await db.query(settings);
  const text = `(select id from messages
      where id > $1 and id < $2 and (origin is null or origin in ('notice', 'announcement'))
      order by id desc limit 1)
     union all (select id from users where id > $1 and id < $2 order by id desc limit 1)
     union all (select id from operator_log where id > $1 and id < $2 order by id desc limit 1)`;
  const values = [lowestIdAt(after), lowestIdAt(before)];
  const { rows } = await db.query<{ id: string }>(withQueryTimeout({ text, values }));
  return rows.map(({ id }) => id);
}
