// Landed migrations never change; databases with earlier versions of them are upgraded.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { createDatabase } from '../support/database.ts';
import { earlierHistories } from './earlier-histories.ts';
import { schemaOf } from './schema.ts';

const earlierFolder = new URL('earlier/', import.meta.url);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the lock file', () => {
  const url = new URL('../../migrations/lock.json', import.meta.url);
  const locked = JSON.parse(readFileSync(url, 'utf8')) as Record<string, string>;

  test.each(readMigrations().map(({ name, sha256 }) => [name, sha256]))(
    'has %s unchanged',
    (name, sha256) => {
      const line = `"${name}": "${sha256}"`;
      expect(locked[name], `a new migration needs the line ${line} in migrations/lock.json`).toBeDefined();
      expect(
        locked[name],
        `${name} has landed and must not change: restore it, and add a new migration`,
      ).toBe(sha256);
    },
  );

  test('has nothing else: no landed migration disappears', () => {
    expect(Object.keys(locked)).toEqual(readMigrations().map(({ name }) => name));
  });

  test('has the same hashes for a checkout with CRLF', () => {
    for (const { sql } of readMigrations()) expect(sql).not.toContain('\r');
  });
});

describe('a database with earlier versions of migrations', () => {
  const texts = new Map<string, string>();
  let fresh: string[];
  beforeAll(async () => {
    for (const name of readdirSync(earlierFolder))
      remember(readFileSync(new URL(name, earlierFolder), 'utf8'));
    for (const { sql } of readMigrations()) remember(sql);
    const pool = createPool(await createDatabase(), () => {});
    fresh = await schemaOf(pool);
    await pool.end();
  });

  function remember(sql: string): void {
    texts.set(hashOf(sql).slice(0, 12), sql);
  }

  /** A database as a version of that time left it. */
  async function databaseOf(history: string[]): Promise<Pool> {
    const pool = createPool(await createDatabase('template0'), () => {});
    onTestFinished(() => pool.end());
    const then = history.map((entry) => {
      const [name, hash] = entry.split('.') as [string, string];
      const sql = texts.get(hash)!;
      expect(sql, `the text of ${entry}`).toBeDefined();
      return { name: `${name}.sql`, sql, sha256: hashOf(sql) };
    });
    await migrate(pool, then);
    return pool;
  }

  test.each(earlierHistories.map((history) => [history.at(-1)!, history.length, history] as const))(
    'up to %s (%i migrations) gets today’s schema and keeps it',
    async (_last, _count, history) => {
      const pool = await databaseOf(history);
      await migrate(pool);
      expect(await schemaOf(pool)).toEqual(fresh);
      const applied = await pool.query(
        'select name, sha256 from schema_migrations order by name collate "C"',
      );
      expect(applied.rows).toEqual(readMigrations().map(({ name, sha256 }) => ({ name, sha256 })));
      await migrate(pool);
      expect(await schemaOf(pool)).toEqual(fresh);
    },
  );

  test('keeps its messages and the confirmed second factors', async () => {
    const pool = await databaseOf(earlierHistories[0]!);
    const [alice, bob] = ['0'.repeat(31) + '1', '0'.repeat(31) + '2'];
    await pool.query(
      `insert into users (id, username, password_hash) values ($1, 'alice', 'x'), ($2, 'bobby', 'x')`,
      [alice, bob],
    );
    await pool.query(
      `insert into messages (owner_id, id, box, other_id, body, sent_at) values ($1, $1, 'inbox', $2, 'hello', now())`,
      [alice, bob],
    );
    await migrate(pool);
    const { rows } = await pool.query('select body, trashed_at, twin_id from messages');
    expect(rows).toEqual([{ body: 'hello', trashed_at: null, twin_id: null }]);

    const later = await databaseOf(
      earlierHistories.find((history) => history.includes('0009_second_factor.72e02d4e67ea'))!,
    );
    await later.query(
      `insert into users (id, username, password_hash) values ($1, 'alice', 'x'), ($2, 'bobby', 'x')`,
      [alice, bob],
    );
    await later.query(
      `insert into totp (user_id, secret, confirmed_at) values ($1, '\\x01', now()), ($2, '\\x02', null)`,
      [alice, bob],
    );
    await migrate(later);
    expect((await later.query('select secret, last_step from totp')).rows).toEqual([
      { secret: Buffer.from([1]), last_step: 0 },
    ]);
  });
});
