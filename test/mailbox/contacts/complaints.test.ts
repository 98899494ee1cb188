// Blocks and reports lower the limit of new people, without showing who made them.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { asOwner, asSystem } from '../../../src/database/owner.ts';
import { allowanceOf, findNewPeople } from '../../../src/mailbox/contacts/new-people.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { cast } from '../../support/cast.ts';
import { columnsOfJust, idOf } from '../../support/mailboxes.ts';
import { registered, type Person } from '../../support/person.ts';

const { app, reset, ...people } = await cast({ NEW_PEOPLE_PER_DAY: '20' });
let { alice, bob, charlie } = people;
let aliceId: string;
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  aliceId = await userId('alice');
});
afterAll(() => app.close());

async function userId(username: string): Promise<string> {
  const { rows } = await app.pool.query<{ id: string }>('select id from users where username = $1', [
    username,
  ]);
  return rows[0]!.id;
}

/** alice has approached this many others within the last days. */
async function approachOthers(count: number): Promise<void> {
  await app.pool.query(
    `insert into contacts (owner_id, other_id, written_at, approached_at)
     select $1, gen_random_uuid(), now() - interval '9 days', now() - interval '9 days'
     from generate_series(1, $2)`,
    [aliceId, count],
  );
}

const block = (person: Person, username = 'alice') => person.submit('/account/blocked', { username });
const unblock = async (person: Person) =>
  person.post('/account/blocked/end', { ...(await person.hidden('/account/blocked')), person: aliceId });
const report = async (person: Person, body: string) =>
  person.submit(`/messages/${await idOf(app.pool, person, body, 'inbox')}/report`, { words: 'Unkind' });

async function counts(): Promise<number[]> {
  const { rows } = await app.pool.query<{ count: number }>(
    'select count from complaints where owner_id = $1 order by day',
    [aliceId],
  );
  return rows.map(({ count }) => count);
}

async function allowed(afterDays = 0): Promise<number> {
  const asking = { perDay: 20, at: new Date(Date.now() + afterDays * 86_400_000), otherIds: [] };
  return (await asSystem(() => findNewPeople(app.appPool, aliceId, asking))).left;
}

test('two complaints halve the limit, on no earlier day than the next but one', async () => {
  await approachOthers(8);
  await alice.send('bob, charlie', 'Hello');
  await alice.get('/inbox'); // shows that it was sent
  const before = await alice.get('/send');
  await block(bob);
  expect((await report(charlie, 'Hello')).headers.location).toBe('/account/reports');
  expect(await counts()).toEqual([2]);
  expect((await alice.get('/send')).$('main').text()).toBe(before.$('main').text());
  expect(await Promise.all([0, 1, 2, 20, 33].map(allowed))).toEqual([18, 20, 10, 10, 20]);
});

test('one complaint changes nothing, and neither do two of nine who were approached', async () => {
  await approachOthers(9);
  await alice.send('bob, charlie', 'Hello');
  await block(bob);
  expect(await allowed(2)).toBe(20);
  await block(charlie);
  expect(await allowed(2)).toBe(10);
  await app.pool.query(
    `delete from contacts where other_id in (
       select other_id from contacts where owner_id = $1 and approached_at < now() - interval '1 day' limit 2)`,
    [aliceId],
  );
  expect(await allowed(2)).toBe(20); // of nine
});

test('a person counts once, however often they block and report', async () => {
  await alice.send('bob', 'Hello');
  await Promise.all([block(bob), report(bob, 'Hello')]);
  await unblock(bob);
  await block(bob);
  await unblock(bob);
  await app.pool.query(`update complaints set day = day - 100`);
  await block(bob);
  expect(await counts()).toEqual([1]);
});

test('whom one has not approached cannot complain: strangers, and who wrote first', async () => {
  await block(charlie);
  await bob.send('alice', 'I come first');
  await alice.send('bob', 'I answer');
  await block(bob);
  await report(bob, 'I answer');
  expect(await counts()).toEqual([]);
  // Having blocked before uses nothing up.
  await alice.send('charlie', 'Hello');
  await unblock(charlie);
  await block(charlie);
  expect(await counts()).toEqual([1]);
});

test('nothing of the complained-about person holds who it was, and they cannot read it', async () => {
  await alice.send('bob', 'Hello');
  await block(bob);
  const { rows } = await app.pool.query('select * from complaints');
  expect(rows).toEqual([{ owner_id: aliceId, day: expect.any(Date), count: 1 }]);
  const read = () => app.appPool.query('select complained_at from contacts where complained_at is not null');
  expect((await asOwner(aliceId, read)).rowCount).toBe(0);
  const bobId = await userId('bob');
  expect((await asOwner(bobId, () => app.appPool.query('select from complaints'))).rowCount).toBe(0);
});

test('both go with the account, and after 31 days', async () => {
  await alice.send('bob', 'Hello');
  await bob.send('charlie', 'Hello');
  await Promise.all([block(bob), block(charlie, 'bob')]);
  expect((await app.pool.query('select from complaints')).rowCount).toBe(2);
  await alice.submit('/account/delete', { password: alice.password });
  expect(await counts()).toEqual([]);
  expect(await columnsOfJust(app.pool, aliceId)).not.toContain('complaints.owner_id');
  await app.pool.query('update complaints set day = current_date - 30');
  await runCleanupJobs(app.pool);
  expect((await app.pool.query('select from complaints')).rowCount).toBe(1);
  await app.pool.query('update complaints set day = current_date - 32');
  await runCleanupJobs(app.pool);
  expect((await app.pool.query('select from complaints')).rowCount).toBe(0);
});

test('ten people who complain at once are all counted', async () => {
  const crowd: Person[] = [];
  for (let number = 0; number < 10; number += 1) crowd.push(await registered(app.url, `person-${number}`));
  await alice.send(crowd.map(({ username }) => username).join(' '), 'Hello');
  const answers = await Promise.all(crowd.flatMap((person) => [block(person), report(person, 'Hello')]));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
  expect(await counts()).toEqual([10]);
  expect(await allowed(2)).toBe(1);
});

describe('the allowance of a day', () => {
  test.each([
    ['of somebody new', 20, 0, 0, 0, 20],
    ['with an odd setting', 7, 0, 10, 1, 7],
    ['with three answers', 20, 3, 3, 0, 26],
    ['with answers from an army of accounts', 20, 1000, 10, 0, 100],
    ['with a complaint', 20, 0, 10, 1, 20],
    ['with two', 20, 0, 10, 2, 10],
    ['with three', 20, 0, 10, 3, 10],
    ['with four', 20, 0, 10, 4, 5],
    ['with many', 20, 0, 10, 1000, 1],
    ['with two, among few who were written to', 20, 0, 9, 2, 20],
    ['with two and three answers, rounded', 20, 3, 10, 2, 10],
    ['with two and twelve answers', 20, 12, 10, 2, 20],
    ['of one a day, with two', 1, 0, 10, 2, 1],
    ['of six a day, with two', 6, 0, 10, 2, 3],
  ])('%s', (_, perDay, answered, approached, complaints, allowance) => {
    expect(allowanceOf({ answered, approached, complaints }, perDay)).toBe(allowance);
  });
});
