// Behind PgBouncer: session mode works; in other modes the start says what is needed.
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { openStream } from '../mailbox/live/listening.ts';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered } from '../support/person.ts';
import { startPgBouncer, type PgBouncer } from '../support/pgbouncer.ts';
import { refusalOf } from '../support/refused.ts';
import { available } from '../support/required.ts';

describe.skipIf(!available('pgbouncer'))('behind PgBouncer', () => {
  let bouncer: PgBouncer | undefined;
  afterEach(() => bouncer?.close());

  for (const mode of ['transaction', 'statement'] as const) {
    test.each([
      ['as it comes', {}],
      ['with one connection', { default_pool_size: '1' }],
      ['with connections in turn', { server_round_robin: '1' }],
      [
        'with settings ignored',
        { ignore_startup_parameters: 'extra_float_digits,options,statement_timeout' },
      ],
    ])(`in ${mode} mode, %s: one line says what is needed`, async (_name, settings) => {
      bouncer = await startPgBouncer(await createDatabase(), mode, settings);
      expect(await refusalOf(bouncer.url)).toMatch(
        /^DATABASE_URL points to PgBouncer, .* in transaction mode: .*direct address of PostgreSQL.*session mode/,
      );
    });
  }

  test('in session mode: the schema is created, and messages, searches and notifications work', async () => {
    bouncer = await startPgBouncer(await createDatabase('template0'), 'session');
    const database = await openDatabase({ databaseUrl: bouncer.url, dataDir: '/nowhere' }, () => {});
    const { rows } = await database.pool.query('show statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '2s' }]);
    await database.close();

    const app = await startApp({}, bouncer.url);
    onTestFinished(() => app.close());
    const [alice, bob] = [await registered(app.url, 'alice'), await registered(app.url, 'bobby')];
    const page = await openStream(app.url, bob);
    onTestFinished(() => page.close());
    await page.hears({ unread: 0 });
    await alice.send('bobby', 'through the pool');
    await page.hears({ unread: 1 });
    expect((await bob.get('/search?q=pool')).text).toContain('through the');
  });
});
