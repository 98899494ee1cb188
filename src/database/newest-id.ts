// The newest id in the database, which a process goes on from that starts when the system's clock has been put back.
import { catchUpWith, maxAhead, now } from '../clock.ts';
import { lowestIdAt, timeOf } from '../ids.ts';
import { withQueryTimeout, type Database, type Pool } from './pool.ts';
import { transaction } from './transaction.ts';

/** Makes new ids sort after all that are there. */
export async function goOnFromNewestId(pool: Pool): Promise<void> {
  const present = now();
  const latest = new Date(present.getTime() + maxAhead);
  const ids = await transaction(pool, (db) => listNewestIds(db, present, latest));
  for (const id of ids) catchUpWith(timeOf(id) + 1);
}

// PostgreSQL would read the whole primary key, which begins with the owner (60,000 messages: 389 pages in 2.2 ms), and
// not the index that says where in the table such ids can be (2 pages in 0.04 ms).
const settings = `
  set local statement_timeout = 0; set local enable_indexscan = off; set local enable_indexonlyscan = off`;

/**
 * The newest ids between two moments, within a transaction. Imported messages do not count: anybody can say when those
 * were sent.
 */
export async function listNewestIds(db: Database, after: Date, before: Date): Promise<string[]> {
  await db.query(settings);
  const text = `(select id from messages where id > $1 and id < $2 and (origin is null or origin = 'notice')
      order by id desc limit 1)
     union all (select id from users where id > $1 and id < $2 order by id desc limit 1)
     union all (select id from operator_log where id > $1 and id < $2 order by id desc limit 1)`;
  const values = [lowestIdAt(after), lowestIdAt(before)];
  const { rows } = await db.query<{ id: string }>(withQueryTimeout({ text, values }));
  return rows.map(({ id }) => id);
}
