// Several recipients: each gets a message that names no other, or nobody gets any.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { press, withoutTokens } from '../../support/forms.ts';
import { messagesOn } from '../../support/inbox.ts';
import { patient, watchDeadlocks } from '../../support/locks.ts';
import { copiesOf } from '../../support/mailboxes.ts';
import { at, registered, type Fields, type Person } from '../../support/person.ts';

const names = ['bob', 'charlie', 'dora', 'erik', 'fay', 'gus', 'hal', 'ida', 'jon', 'kim', 'lea'];
const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob, charlie } = await cast({}, { address: patient, log });
const other = await startApp({}, app.databaseUrl, log);
const people = new Map<string, Person>([
  ['bob', bob],
  ['charlie', charlie],
]);
beforeAll(async () => {
  for (const name of names.slice(2)) people.set(name, await registered(app.url, name));
});
beforeEach(() => app.pool.query('delete from messages'));
afterAll(async () => {
  await other.close();
  await app.close();
});

const filled = async (recipient: string, body: string): Promise<Fields> => ({
  ...(await alice.hidden('/send')),
  recipient,
  body,
});
const everything = async () => (await app.pool.query('select from messages')).rowCount;

test('each gets a message that names no other recipient, and the sender has a copy for each', async () => {
  expect((await alice.send('bob, charlie, dora', 'To three')).status).toBe(303);
  expect((await alice.get('/inbox')).$('[role=status]').first().text()).toBe(
    'Sent to bob, charlie and dora.',
  );
  expect(await copiesOf(app.pool, 'To three')).toEqual([
    'alice sent',
    'alice sent',
    'alice sent',
    'bob inbox, unread',
    'charlie inbox, unread',
    'dora inbox, unread',
  ]);
  const sent = messagesOn(await alice.get('/sent')).map(({ sender }) => sender);
  expect(sent.toSorted((a, b) => a.localeCompare(b))).toEqual(['To bob', 'To charlie', 'To dora']);
  for (const name of ['bob', 'charlie', 'dora']) {
    const person = people.get(name)!;
    const inbox = await person.get('/inbox');
    expect(messagesOn(inbox)).toEqual([{ sender: 'alice', body: 'To three' }]);
    const page = await person.get(inbox.$('.messages h2 a').attr('href')!);
    for (const html of [inbox.text, page.text, (await person.get('/with/alice')).text])
      for (const another of ['bob', 'charlie', 'dora'].filter((others) => others !== name))
        expect(withoutTokens(html)).not.toContain(another);
  }
});

test.each([
  ['bob,charlie', ['bob', 'charlie']],
  ['bob;charlie', ['bob', 'charlie']],
  ['bob charlie', ['bob', 'charlie']],
  ['  BOB ,\tCharlie ;', ['bob', 'charlie']],
  [',, bob ,;, charlie,', ['bob', 'charlie']],
  ['bob, Bob, bob ,charlie,CHARLIE', ['bob', 'charlie']],
  ['bob, alice', ['alice', 'bob']],
  [names.slice(0, 10).join(', '), names.slice(0, 10)],
  [Array.from({ length: 30 }, () => 'bob').join(), ['bob']],
])('%j goes to each once', async (typed, expected) => {
  expect((await alice.send(typed, 'Typed so')).status).toBe(303);
  const { rows } = await app.pool.query<{ name: string }>(
    `select u.username as name from messages m join users u on u.id = m.owner_id where m.box = 'inbox' order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(expected);
});

describe('nothing is sent', () => {
  test.each([
    ['bob, nobody-here', 'nobody-here'],
    ['nobody-here, bob, nor-here, charlie', 'nobody-here, nor-here'],
    ['bob, <b>"x"', '<b>"x"'],
    ['bob nobody-here charlie', 'nobody-here'],
    [`bob, ${'x'.repeat(100_000)}`, 'at most 30 characters'],
  ])('when one of the names does not exist, which is named: %s', async (typed, unknown) => {
    const answer = await alice.send(typed, 'Not to all');
    expect(answer.status).toBe(422);
    expect(answer.$('#recipient-error').text()).toContain(unknown);
    expect(answer.$('#recipient-error').text()).not.toMatch(/\b(charlie|bob)\b/);
    expect(answer.$('input[name=recipient]').attr('value')).toBe(typed);
    expect(answer.$('textarea').text()).toBe('Not to all');
    expect(await everything()).toBe(0);
  });

  test('to eleven people', async () => {
    const answer = await alice.send(names.join(), 'To eleven');
    expect(answer.status).toBe(422);
    expect(answer.$('#recipient-error').text()).toContain('10 people');
    expect(answer.$('input[name=recipient]').attr('value')).toBe(names.join());
    expect(await everything()).toBe(0);
  });

  test.each([',', ' ; , ', ''])('to no name (%j)', async (typed) => {
    const answer = await alice.send(typed, 'To none');
    expect(answer.status).toBe(422);
    expect(answer.$('#recipient-error').text()).not.toBe('');
  });
});

test('one form to three recipients, fifty times concurrently at two processes, is one message to each', async () => {
  const form = await filled('bob, charlie, dora', 'Once each');
  const processes = [at(app.url, alice), at(other.url, alice)];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => press(processes[i % 2]!, '/send', form)),
  );
  expect(deadlocks()).toBe(0);
  for (const answer of answers) expect([answer.status, answer.headers.location]).toEqual([303, '/inbox']);
  expect(await copiesOf(app.pool, 'Once each')).toHaveLength(6);
  // The same people in another order are the same message; one more of them is another.
  await alice.post('/send', { ...form, recipient: 'dora; Bob, charlie' });
  expect(await copiesOf(app.pool, 'Once each')).toHaveLength(6);
  await alice.post('/send', { ...form, recipient: 'dora, bob, charlie, erik' });
  expect(await copiesOf(app.pool, 'Once each')).toHaveLength(14);
});

test('the rate limit counts every recipient', async () => {
  const strict = await startApp({ SENDS_PER_MINUTE: '5' }, app.databaseUrl);
  try {
    await app.pool.query('delete from sent_forms');
    const there = at(strict.url, alice);
    expect((await there.send('bob, charlie, dora', 'Three')).status).toBe(303);
    expect((await there.send('bob, charlie, dora', 'Six')).status).toBe(429);
    expect(await copiesOf(app.pool, 'Six')).toEqual([]);
    expect((await there.send('bob, charlie', 'Five')).status).toBe(303);
    expect((await there.send('bob', 'One more')).status).toBe(429);
  } finally {
    await strict.close();
  }
});
