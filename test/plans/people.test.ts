// 50,000 people: a page of the directory, or of the list of administrators, is a range of an index.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPeople } from '../../src/admin/people/queries.ts';
import type { Database, Pool } from '../../src/database/pool.ts';
import { findMembers, listMembers } from '../../src/mailbox/people/queries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openPlansPool, plansOf } from '../support/plans.ts';

const size = 50_000;
let app: TestApp;
let pool: Pool;
beforeAll(async () => {
  app = await startApp();
  for (let first = 1; first <= size; first += 5000)
    await app.pool.query({
      text: `insert into users (id, username, password_hash, display_name, name_key, unlisted_at)
             select uuidv7(), 'user-' || n, '', name, lower(name), case n % 10 when 0 then now() end
             from generate_series(${first}, ${first + 4999}) n,
                  lateral (select chr(65 + n % 26) || 'nna ' || n) t (name)`,
    });
  await app.pool.query('vacuum analyze users');
  pool = openPlansPool(app.databaseUrl);
});
afterAll(async () => {
  await pool.end();
  await app.close();
});

const asked: [string, (db: Database) => Promise<unknown[]>][] = [
  ['the first page', (db) => listMembers(db, '', 26)],
  ['a later page', (db) => listMembers(db, 'user-3', 26)],
  ['a username, of which there are many', (db) => findMembers(db, 'user-', 'user-', { username: '' }, 26)],
  ['a username, the second page', (db) => findMembers(db, 'user-1', 'user-1', { username: 'user-12' }, 26)],
  ['a display name', (db) => findMembers(db, 'kn', 'kn', { username: '' }, 26)],
  [
    'a display name, a later page',
    (db) => findMembers(db, 'kn', 'kn', { username: 'user-16', key: 'knna 16' }, 26),
  ],
  ['one member', (db) => findMembers(db, 'user-4711', 'user-4711', { username: '' }, 26)],
];

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('%s', (mode) => {
  test.each(asked)('%s', async (_, ask) => {
    expect((await ask(app.pool)).length).toBeGreaterThan(0);
    const [plan] = await plansOf(pool, ask, mode);
    const reads = plan!.steps.filter(({ kind }) => kind.includes('Scan') && kind !== 'Subquery Scan');
    expect(reads.length).toBeGreaterThan(0);
    for (const { kind, index, rows } of reads) {
      expect([kind, index]).toEqual([kind, expect.stringMatching(/^users_listed/)]);
      expect(rows).toBeLessThanOrEqual(26);
    }
  });

  test.each<[string, string, string]>([
    ['the first page', '', ''],
    ['a later page', '', 'user-3'],
    ['a part of many names', 'ser-4', 'user-41'],
    ['a part of one display name', 'na 4711', ''],
  ])('for administrators: %s', async (_, part, after) => {
    const ask = (db: Database) => listPeople(db, part, after, 26);
    expect((await ask(app.pool)).length).toBeGreaterThan(0);
    const [plan] = await plansOf(pool, ask, mode);
    expect(plan!.steps.map(({ kind, index }) => [kind, index])).toEqual([
      ['Limit', undefined],
      ['Index Scan', 'users_username_key'],
    ]);
    expect(plan!.steps.at(-1)!.condition).toContain('username > ');
  });
});
