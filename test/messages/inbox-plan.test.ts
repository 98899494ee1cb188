// The page of the inbox is one range of an index, however large the mailbox: the plan of the very statements.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listBoxAfter, listBoxBefore } from '../../src/mailbox/queries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { planOf, statementOf, type Statement } from '../support/plans.ts';

const owner = '00000000-0000-7000-8000-000000000001';
const top = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const middle = '0195d9a0-0000-7000-8000-000000050000';
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.pool.query(
    `insert into users (id, username, password_hash)
     select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'person-' || n, ''
     from generate_series(1, 1001) n`,
  );
  // 100,000 of one person, every tenth of them sent; 100,000 of a thousand others. A tenth is unread.
  const fill = (ownerNumber: string, from: number, to: number) => `
    with added as (
      insert into messages (owner_id, id, box, other_id, body, sent_at)
      select ('00000000-0000-7000-8000-' || lpad((${ownerNumber})::text, 12, '0'))::uuid,
             ('0195d9a0-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
             case when n % 10 = 0 then 'sent' else 'inbox' end, $1, 'Some words', now()
      from generate_series(${from}, ${to}) n returning owner_id, id)
    insert into unread (owner_id, id) select owner_id, id from added where id::text like '%1'`;
  for (let from = 1; from <= 100_000; from += 10_000) {
    for (const ownerNumber of ['1', '2 + n % 1000'])
      await app.pool.query(fill(ownerNumber, from, from + 9_999), [owner]);
  }
  await app.pool.query('analyze messages, users, unread');
});
afterAll(() => app.close());

const pages: [string, () => Promise<Statement>][] = [
  ['the first page', () => statementOf((db) => listBoxBefore(db, owner, 'inbox', top))],
  ['an older page', () => statementOf((db) => listBoxBefore(db, owner, 'inbox', middle))],
  ['a newer page', () => statementOf((db) => listBoxAfter(db, owner, 'inbox', middle))],
];

describe.each(pages)('%s of an inbox of 90,000', (_, make) => {
  test.each(['custom', 'generic'] as const)(
    'with a %s plan: one index range, no sort, nothing read beyond the page',
    async (mode) => {
      const nodes = await planOf(app.pool, await make(), mode);
      const onMessages = nodes.filter((node) => node['Relation Name'] === 'messages');
      expect(onMessages).toHaveLength(1);
      expect(onMessages[0]!['Node Type']).toMatch(/^Index (Only )?Scan$/);
      expect(onMessages[0]!['Index Cond']).toMatch(/^\(\(owner_id = .*\(box = .*\(id [<>] /);
      expect(onMessages[0]!['Actual Rows']).toBeLessThanOrEqual(26);
      expect(nodes.map((node) => node['Node Type']).filter((type) => /Sort|Seq Scan/.test(type))).toEqual([]);
    },
  );
});

test('the statements are prepared once, each under its name', async () => {
  const names = await Promise.all(pages.map(async ([, make]) => (await make()).name));
  expect(names).toEqual(['list inbox before', 'list inbox before', 'list inbox after']);
});
