// The start's only statement over all mailboxes reads no more than the newest ids.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listNewestIds } from '../../src/database/newest-id.ts';
import { asSystem } from '../../src/database/owner.ts';
import type { Pool } from '../../src/database/pool.ts';
import { transaction } from '../../src/database/transaction.ts';
import { timeOf } from '../../src/ids.ts';
import { createDatabase } from '../support/database.ts';
import { openPlansPool, plansOf } from '../support/plans.ts';
import { idInSql } from '../support/id-in-sql.ts';

const hour = 60 * 60 * 1000;
let pool: Pool;
beforeAll(async () => {
  const databaseUrl = await createDatabase();
  pool = openPlansPool(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `insert into users (id, username, password_hash)
     select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'person' || n, ''
       from generate_series(0, 99) n`,
  );
  // One a minute, the last of them half an hour ahead: the clock was put back.
  await client.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     select u.id, ${idInSql('$1::float8 - (20000 - n) * 60000.0', 'n')}, 'inbox', u.id, 'x', now()
     from generate_series(1, 20000) n join users u on u.username = 'person' || n % 100 order by n`,
    [Date.now() + hour / 2],
  );
  await client.query(`select brin_summarize_new_values('messages_by_id_range')`);
  await client.query('analyze messages');
  await client.end();
});
afterAll(() => pool.end());

test('the newest id is found in one block range out of many', async () => {
  const present = Date.now();
  const [after, before] = [new Date(present), new Date(present + 24 * hour)];
  const plans = await plansOf(pool, (db) => asSystem(() => listNewestIds(db, after, before)));
  const steps = plans.flatMap((plan) => plan.steps);
  expect(steps.find(({ index }) => index === 'messages_by_id_range')?.kind).toBe('Bitmap Index Scan');
  expect(steps.find(({ table }) => table === 'messages')!.rows).toBeLessThanOrEqual(31);
  const [newest, ...more] = await asSystem(() => transaction(pool, (db) => listNewestIds(db, after, before)));
  expect(more).toEqual([]);
  expect(Math.abs(timeOf(newest!) - (present + hour / 2))).toBeLessThan(60_000);
});
