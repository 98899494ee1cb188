// `reports`, `reports show` and `reports close`: as on the pages, for the operator, who decides about administrators too.
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { newestOf } from '../support/inbox.ts';
import { idOf } from '../support/mailboxes.ts';
import { isSignedIn, type Person } from '../support/person.ts';
import { runHere } from './command.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let id: string;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  await app.pool.query('delete from operator_log');
  await bob.send('alice', 'Canary message');
  const path = `/messages/${await idOf(app.pool, alice, 'Canary message', 'inbox')}/report`;
  await alice.submit(path, { words: 'Canary words' });
  ({ id } = (await app.pool.query<{ id: string }>('select id from reports')).rows[0]!);
});

const operator = (...args: string[]) =>
  runHere({ DATABASE_URL: app.databaseUrl, DATA_DIR: inject('dataDir') }, args);
const acts = async () =>
  (
    await app.pool.query(
      `select l.command, l.options, u.username from operator_log l left join users u on u.id = l.user_id order by l.id`,
    )
  ).rows.map((row) => Object.values(row as object) as unknown);

test('the list names people and times, and nothing of what was reported; it is no look', async () => {
  const { code, out } = await operator('reports');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`${id} +alice +bob +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +0`));
  expect(out).not.toContain('Canary');
  const [listed] = JSON.parse((await operator('reports', '--json')).out) as Record<string, unknown>[];
  expect(listed).toMatchObject({ id, reporter: 'alice', reported: 'bob', looks: 0, outcome: null });
  await app.pool.query('delete from reports');
  expect((await operator('reports')).err).toBe('Nothing was reported.\n');
});

test('show prints it, is logged, and the reporter sees it', async () => {
  const { code, out } = await operator('reports', 'show', id);
  expect(code).toBe(0);
  expect(out).toMatch(/Reported by alice .*The message from bob, .*Canary message.*wrote:\n\nCanary words/s);
  expect(JSON.parse((await operator('reports', 'show', id, '--json')).out)).toMatchObject({
    body: 'Canary message',
    words: 'Canary words',
    from: 'bob',
  });
  expect((await acts())[0]).toEqual(['reports show', [id], 'bob']);
  expect((await alice.get('/account/reports')).$('.steps time')).toHaveLength(1);
});

test('show does not know other ids, and says what cannot be read', async () => {
  for (const other of ['x', '0195d9a0-7c4c-7000-8000-000000000000'])
    expect(await operator('reports', 'show', other)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no report "${other}".`) as string,
    });
  await app.pool.query(`update reports set encrypted = 'damaged'`);
  const lost = await operator('reports', 'show', id);
  expect([lost.code, lost.out, lost.err]).toEqual([
    1,
    '',
    expect.stringContaining('cannot be read') as string,
  ]);
});

test('close with a warning and an answer, whose texts are not logged', async () => {
  const ended = await operator('reports', 'close', id, '--warn', 'Stay friendly', '--answer', 'Thank you');
  expect([ended.code, ended.out]).toEqual([0, 'The report is closed. bob is warned.\n']);
  expect((await newestOf(bob))!.body).toBe('The operator of this server warns you:\n\nStay friendly');
  expect((await newestOf(alice))!.body).toMatch(
    /^The operator of this server closed your report .*Thank you$/s,
  );
  expect(await acts()).toEqual([['reports close', [id, '--warn', '--answer'], 'bob']]);
  const again = await operator('reports', 'close', id);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('closed already') as string]);
});

test('close by disabling, but not the last administrator', async () => {
  await makeAdmin(app, bob);
  const refused = await operator('reports', 'close', id, '--disable');
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('last administrator') as string]);
  await makeAdmin(app, alice);
  expect((await operator('reports', 'close', id, '--disable')).code).toBe(0);
  expect(await isSignedIn(bob)).toBe(false);
});

test('wrong usage', async () => {
  for (const args of [[], [id, '--warn', 'x', '--disable'], [id, '--warn', ' ']])
    expect((await operator('reports', 'close', ...args)).code, args.join(' ')).toBe(2);
});
