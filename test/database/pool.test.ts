// A PostgreSQL that is slow, full, frozen or gone: detected in time, without losing connections.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { createPool, isDatabaseAway, withQueryTimeout, type Pool } from '../../src/database/pool.ts';
import { transaction } from '../../src/database/transaction.ts';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered } from '../support/person.ts';
import { freePort } from '../support/program.ts';
import { keptFolder, postgresIn, postmasterIn, signal, until } from '../start/site.ts';

function openPool(url: string): Pool {
  const pool = createPool(url, () => {});
  onTestFinished(() => pool.end());
  return pool;
}

async function failureOf(query: Promise<unknown>): Promise<Error> {
  return query.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: Error) => error,
  );
}

/** No connection is in use, and nothing waits for one. */
function expectNothingLost(pool: Pool): void {
  expect({ held: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }).toEqual({
    held: 0,
    waiting: 0,
  });
}

describe('on a running server', () => {
  let url: string;
  let pool: Pool;
  beforeEach(async () => {
    url = await createDatabase();
    pool = createPool(url, () => {});
  });
  afterEach(async () => {
    expectNothingLost(pool);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test('a connection that breaks while it is handed over does not end the process', async () => {
    const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    const next = pool.connect();
    const [first, ...others] = clients;
    // In the same turn, as when the end of a query and that of the connection come in one packet.
    first!.release();
    const breakIt = () => first!.emit('error', new Error('terminated'));
    expect.soft(breakIt).not.toThrow();
    for (const client of others) client.release();
    (await next).release(true);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a statement that takes too long is cancelled', async () => {
    const startedAt = Date.now();
    // Our own limit, a little above PostgreSQL's, would come first where the machine is busy.
    const asked = withQueryTimeout({ text: 'select pg_sleep(10)' }, 20_000);
    const error = await failureOf(pool.query(asked));
    expect(Date.now() - startedAt).toBeLessThan(8000);
    expect(error).toMatchObject({ code: '57014' });
    expect(isDatabaseAway(error)).toBe(true);
  });

  test('a statement that waits for a lock is cancelled sooner', async () => {
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('begin; lock table users');
    const error = await failureOf(pool.query('select from users'));
    expect(error).toMatchObject({ code: '55P03' });
    expect(isDatabaseAway(error)).toBe(true);
    await holder.end();
  });

  test('when all connections are busy, the next caller waits little more than a second', async () => {
    const busy = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    const startedAt = Date.now();
    const refused = await Promise.all([failureOf(pool.query('select 1')), failureOf(pool.connect())]);
    expect(Date.now() - startedAt).toBeLessThan(4000);
    for (const error of refused) {
      expect(error.message).toBe('timeout exceeded when trying to connect');
      expect(isDatabaseAway(error)).toBe(true);
    }
    for (const client of busy) client.release();
  });

  test('other errors are bugs, not an unavailable database', async () => {
    for (const sql of ['selec 1', 'select 1 / 0', 'select * from no_such_table', `select 'x'::uuid`])
      expect(isDatabaseAway(await failureOf(pool.query(sql)))).toBe(false);
    await pool.query(`insert into signing_keys (number, secret) values (7, 'x')`);
    const twice = failureOf(pool.query(`insert into signing_keys (number, secret) values (7, 'x')`));
    expect(isDatabaseAway(await twice)).toBe(false);
    for (const error of [new Error('Connection'), new TypeError('x'), undefined, 'Query read timeout'])
      expect(isDatabaseAway(error)).toBe(false);
    // A file of our own that is missing is no database that is away.
    const missing = Object.assign(new Error('no such view'), { code: 'ENOENT' });
    expect(isDatabaseAway(missing)).toBe(false);
  });

  test('a failed transaction is rolled back', async () => {
    const failing = transaction(pool, async (db) => {
      await db.query(`insert into signing_keys (number, secret) values (8, 'x')`);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect((await pool.query('select from signing_keys where number = 8')).rowCount).toBe(0);
    expect(await transaction(pool, async (db) => (await db.query('select 2 as two')).rows)).toEqual([
      { two: 2 },
    ]);
  });

  test('a transaction that loses its connection fails, and the process survives', async () => {
    const lost = transaction(pool, async (db) => {
      const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
      await pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
      await sleep(100);
      await db.query('select 1');
    });
    expect(isDatabaseAway(await failureOf(lost))).toBe(true);
  });
});

describe('where nothing answers', () => {
  test('a missing server is reported', async () => {
    for (const url of [
      `postgres://me@127.0.0.1:${await freePort()}/db`,
      `postgres://me@localhost:${await freePort()}/db`,
      'postgres://me@/db?host=/nowhere',
      'postgres://me@no-such-host.invalid/db',
    ]) {
      const pool = openPool(url);
      expect(isDatabaseAway(await failureOf(pool.query('select 1'))), url).toBe(true);
      expect(pool.totalCount + pool.waitingCount).toBe(0);
    }
  });
});

describe('on a failing server', () => {
  let folder: string;
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    const kept = keptFolder();
    folder = kept.folder;
    server = await startEmbeddedPostgres(folder, () => {});
    const pool = createPool(server.connectionString, () => {});
    await migrate(pool);
    await pool.end();
    return async () => {
      await server.stop();
      kept.remove();
    };
  });

  const freeze = () => {
    for (const pid of postgresIn(folder)) signal(pid, 'SIGSTOP');
  };
  const thaw = () => {
    for (const pid of postgresIn(folder)) signal(pid, 'SIGCONT');
  };

  test('frozen: every page answers 503 within 5 s, and recovers afterwards', async () => {
    const app = await startApp({}, server.connectionString);
    onTestFinished(() => app.close());
    const alice = await registered(app.url, 'alice');
    freeze();
    onTestFinished(thaw);
    // The first ones meet connections that are open, the second ones must make their own.
    for (const round of ['open', 'new']) {
      const startedAt = Date.now();
      const pages = await Promise.all(Array.from({ length: 20 }, () => alice.get('/inbox')));
      expect(Date.now() - startedAt, round).toBeLessThan(5000);
      for (const { status, headers } of pages) {
        expect(status).toBe(503);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    }
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${app.url}/readyz`)).status).toBe(503);

    thaw();
    await until(async () => (await alice.get('/inbox')).status === 200, 3000);
    await until(
      () => app.appPool.totalCount === app.appPool.idleCount && app.appPool.waitingCount === 0,
      3000,
    );
  });

  test('frozen: a database in use is closed within 5 s', async () => {
    const database = await openDatabase({ databaseUrl: server.connectionString, dataDir: folder }, () => {});
    freeze();
    onTestFinished(thaw);
    const asking = failureOf(database.pool.query('select 1'));
    await sleep(50);
    const startedAt = Date.now();
    await database.close();
    expect(Date.now() - startedAt).toBeLessThan(5000);
    expect(isDatabaseAway(await asking)).toBe(true);
    thaw();
  });

  test('killed during a start: the start continues with the next server', async () => {
    const holder = new pg.Client(server.connectionString);
    holder.on('error', () => {});
    await holder.connect();
    await holder.query(`select pg_advisory_lock(hashtext('private-messages migrations'))`);
    const opening = openDatabase({ databaseUrl: undefined, dataDir: folder }, () => {});
    await until(async () => {
      const waiting = await holder.query(
        `select from pg_stat_activity where query like 'select pg_try_adv%'`,
      );
      return waiting.rowCount! > 0;
    });
    signal(postmasterIn(folder), 'SIGKILL');
    const database = await opening;
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await database.close();
  });

  for (const name of ['SIGKILL', 'SIGINT', 'SIGQUIT'] as const) {
    test(`ended by ${name} under load: the only error is "away", and all connections are replaced`, async () => {
      const pool = openPool(server.connectionString);
      const failures: Error[] = [];
      const over = new AbortController();
      const ask = async () => {
        while (!over.signal.aborted) {
          await pool.query('select count(*) from users').catch((error: Error) => failures.push(error));
          await sleep(1);
        }
      };
      const load = Array.from({ length: 8 }, ask);
      await sleep(100);
      const before = postmasterIn(folder);
      signal(before, name);
      await until(() => failures.length > 0);
      await until(async () => (await pool.query('select 1').catch(() => null)) !== null);
      expect(postmasterIn(folder)).not.toBe(before);
      over.abort();
      await Promise.all(load);
      expect(failures.filter((error) => !isDatabaseAway(error))).toEqual([]);
      expectNothingLost(pool);
    });
  }
});
