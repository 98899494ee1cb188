// The limit of new people under messages at the same moment, at two processes.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { at, registered } from '../../support/person.ts';

const rounds = 200;
const settings = { NEW_PEOPLE_PER_DAY: '1' };
const { app, alice, bob } = await cast(settings);
const second = await startApp(settings, app.databaseUrl);
const elsewhere = at(second.url, alice);
await registered(app.url, 'dave');
const form = await alice.hidden('/send');
beforeEach(() => app.pool.query('delete from messages; delete from conversations; delete from contacts'));
afterAll(() => Promise.all([second.close(), app.close()]));

test(`${rounds} rounds of two messages to two new people where one is left: one is sent`, async () => {
  const sentTo = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    const answers = await Promise.all([
      alice.post('/send', { ...form, recipient: 'bob', body: `Round ${round}` }),
      elsewhere.post('/send', { ...form, recipient: 'dave', body: `Round ${round}` }),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303, 429]));
    const { rows } = await app.pool.query<{ name: string }>(
      `select u.username as name from messages m join users u on u.id = m.owner_id where m.box = 'inbox'`,
    );
    expect(rows).toHaveLength(1);
    sentTo.set(rows[0]!.name, (sentTo.get(rows[0]!.name) ?? 0) + 1);
  }
  expect(sentTo.size).toBe(2); // both came first
});

test(`${rounds} rounds of two messages to the same new person, and of one form twice: all are sent`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    const body = `Same ${round}`;
    const answers = await Promise.all([
      alice.post('/send', { ...form, recipient: 'bob', body }),
      elsewhere.post('/send', { ...form, recipient: 'bob', body }),
      elsewhere.post('/send', { ...form, recipient: 'bob', body: `Other ${round}` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect((await app.pool.query(`select from messages where box = 'inbox'`)).rowCount).toBe(2);
  }
});

test(`${rounds} rounds of an answer while the next message is sent: the answer counts once`, async () => {
  const bobs = await bob.hidden('/send');
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    await alice.post('/send', { ...form, recipient: 'bob', body: `First ${round}` });
    const answers = await Promise.all([
      bob.post('/send', { ...bobs, recipient: 'alice', body: `Answer ${round}` }),
      bob.post('/send', { ...bobs, recipient: 'alice', body: `And another ${round}` }),
      elsewhere.post('/send', { ...form, recipient: 'bob', body: `Next ${round}` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    const { rows } = await app.pool.query(
      'select answered_at is not null as answered, approached_at is not null as approached from contacts',
    );
    expect(rows).toContainEqual({ answered: true, approached: true });
    expect(rows).toContainEqual({ answered: expect.any(Boolean), approached: false });
  }
});
