// A server started with almost no rows that receives 100,000 messages: cached plans from then must still be index
// ranges.
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../src/database/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { fillCrowd, owner, personId } from '../support/crowd.ts';
import { hotStatements } from '../support/hot-statements.ts';
import { faultsOf, openPlansPool, plansOn } from '../support/plans.ts';
import { idInSql } from '../support/id-in-sql.ts';

let app: TestApp;
let pool: Pool;
let client: pg.PoolClient;
beforeAll(async () => {
  app = await startApp();
  await fillCrowd(app.databaseUrl, { messages: 100, share: 1 });
  // New statistics of any table would throw away the plans of all statements that read it.
  const { rows: tables } = await app.pool.query<{ name: string }>(
    `select relid::regclass::text as name from pg_stat_user_tables where schemaname = 'public'`,
  );
  for (const { name } of tables) await app.pool.query(`alter table ${name} set (autovacuum_enabled = off)`);
  pool = openPlansPool(app.databaseUrl);
  client = await pool.connect();
});
afterAll(async () => {
  client.release(true);
  await pool.end();
  await app.close();
});

test('plans that were cached while the tables were empty are index ranges', async () => {
  const statements = await hotStatements(app.pool);
  for (const { ask } of statements) {
    await client.query('begin');
    await client.query('savepoint before');
    for (let round = 0; round < 8; round++) {
      await ask(client);
      await client.query('rollback to before');
    }
    await client.query('rollback');
  }
  const kept = await countUsesOfKeptPlans();
  expect(Object.keys(kept).length).toBeGreaterThan(8);

  await grow();
  const found: Record<string, string[]> = {};
  for (const { name, ask, reading } of statements) {
    const faults = faultsOf(await plansOn(client, ask, 'auto'), reading);
    if (faults.length > 0) found[name] = faults;
  }
  expect(found).toEqual({});
  const keptStill = await countUsesOfKeptPlans();
  for (const [name, uses] of Object.entries(kept)) expect(keptStill[name], name).toBeGreaterThan(uses);
});

/** Of each named statement whose plan is for any values: how often it was used. */
async function countUsesOfKeptPlans(): Promise<Record<string, number>> {
  const { rows } = await client.query<{ name: string; uses: number }>(
    'select name, generic_plans::int as uses from pg_prepared_statements where generic_plans > 0',
  );
  return Object.fromEntries(rows.map(({ name, uses }) => [name, uses]));
}

async function grow(): Promise<void> {
  const people = [owner, personId(1)];
  const id = idInSql('n', 'n');
  await app.pool.query(
    `insert into users (id, username, password_hash) select gen_random_uuid(), 'new-' || n, ''
      from generate_series(1, 20000) n`,
  );
  for (let from = 1; from < 100_000; from += 5000) {
    await app.pool.query(
      `insert into messages (owner_id, id, box, other_id, body, sent_at)
       select $1, ${id}, case n % 2 when 0 then 'inbox' else 'sent' end, $2, 'Hello', now()
       from generate_series($3::int, $3 + 4999) n`,
      [...people, from],
    );
  }
  await app.pool.query(
    `insert into unread (owner_id, id, other_id) select $1, ${id}, $2 from generate_series(2, 20000, 2) n`,
    people,
  );
  await app.pool.query(
    `insert into conversations (owner_id, other_id, last_id)
     select $1, gen_random_uuid(), ${id} from generate_series(1, 99996, 5) n`,
    [owner],
  );
  await app.pool.query(
    `insert into sent_forms (owner_id, digest, sent_at)
     select $1, sha256(int4send(-n)), now() - interval '1 hour' from generate_series(1, 20000) n`,
    [owner],
  );
  await app.pool.query(
    `insert into sessions (user_id, sid, sess, expire) select id, 'none', '{}', now() from users`,
  );
}
