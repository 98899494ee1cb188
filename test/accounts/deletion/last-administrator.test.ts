// The last administrator names another one before deleting the account; only the command line can do without.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runOperator } from '../../operator/command.ts';
import { makeAdmin } from '../../support/admin.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { at, isSignedIn, type Answer, type Person } from '../../support/person.ts';

const { app, reset } = await cast({}, { address: patient });
const other = await startApp({}, app.databaseUrl);
afterAll(() => Promise.all([app.close(), other.close()]));
let alice: Person;
let bob: Person;
beforeEach(async () => {
  ({ alice, bob } = await reset());
  await makeAdmin(app, alice);
});

const page = '/account/delete';
const operator = (...args: string[]) => runOperator({ DATABASE_URL: app.databaseUrl }, args);

async function formOf(person: Person) {
  return { ...(await person.hidden(page)), password: person.password };
}

async function countAdmins(): Promise<number> {
  const { rows } = await app.pool.query<{ count: number }>(
    'select count(*)::int as count from users where admin_since is not null and username is not null',
  );
  return rows[0]!.count;
}

test('reads so instead of the form, and can leave once there is another one', async () => {
  const { $, status } = await alice.get(page);
  expect([status, $('h1').text(), $('main form').length]).toEqual([
    200,
    'Name another administrator first',
    0,
  ]);
  expect($('main a.button').attr('href')).toBe('/admin/people');

  await makeAdmin(app, bob);
  expect((await alice.submit(page, { password: alice.password })).headers.location).toBe('/');
  expect([await isSignedIn(alice), await countAdmins()]).toEqual([false, 1]);
});

test('a form that was open meanwhile deletes nothing', async () => {
  await makeAdmin(app, bob);
  const form = await formOf(alice);
  await app.pool.query(`update users set disabled_at = now() where username = 'bob'`); // cannot administer
  const answer = await alice.post(page, form);
  expect([answer.status, answer.$('h1').text()]).toEqual([422, 'Name another administrator first']);
  expect((await alice.get('/admin')).status).toBe(200);
});

/** Both requests have come as far as changing an administrator before either may. */
async function together(first: () => Promise<Answer>, second: () => Promise<Answer>): Promise<number[]> {
  const holder = await app.pool.connect();
  await holder.query('begin');
  await holder.query(`select from users where username in ('alice', 'bob') for no key update`);
  const answers = Promise.all([first(), second()]);
  await untilWaiting(app.pool, 2);
  await holder.query('rollback');
  holder.release();
  return (await answers).map(({ status }) => status);
}

test('one remains when two leave at the same moment, through two processes', async () => {
  await makeAdmin(app, bob);
  const there = at(other.url, bob);
  const forms = [await formOf(alice), await formOf(there)] as const;
  const statuses = await together(
    () => alice.post(page, forms[0]),
    () => there.post(page, forms[1]),
  );
  expect(statuses.toSorted((a, b) => a - b)).toEqual([303, 422]);
  expect(await countAdmins()).toBe(1);
});

test('one remains when one leaves while the other gives up the rights', async () => {
  await makeAdmin(app, bob);
  const leaving = await formOf(bob);
  const own = '/admin/people/alice/end-administrator';
  const ending = await alice.hidden('/admin/people/alice', own);
  await together(
    () => bob.post(page, leaving),
    () => alice.post(own, ending),
  );
  expect(await countAdmins()).toBe(1);
});

test.each([['admin', 'revoke'], ['disable'], ['delete', '--yes']])(
  'on the command line with a word of its own: %s %s',
  async (...words) => {
    const args = words.filter((word) => typeof word === 'string');
    const refused = await operator(...args, 'alice');
    expect([refused.code, refused.err]).toEqual([
      1,
      'private-messages: alice is the last administrator. Nothing was changed: make somebody else one first. ' +
        'To do it all the same, add --last-administrator.\n',
    ]);
    expect((await alice.get('/admin')).status).toBe(200);
    expect((await operator(...args, 'alice', '--last-administrator')).code).toBe(0);
    expect((await alice.get('/admin')).status).not.toBe(200);
  },
);
