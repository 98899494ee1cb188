// Sending is idempotent: one form is one message, however often and wherever it arrives.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { press } from '../../support/forms.ts';
import { deletionOf } from '../../support/inbox.ts';
import { patient, watchDeadlocks } from '../../support/locks.ts';
import { at, type Fields, type Person } from '../../support/person.ts';

const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob } = await cast({}, { address: patient, log });
const other = await startApp({}, app.databaseUrl, log);
beforeEach(() => app.pool.query('delete from messages'));
afterAll(async () => {
  await other.close();
  await app.close();
});

/** How many copies there are of each text, by owner and box. */
async function copies(): Promise<Record<string, number>> {
  const { rows } = await app.pool.query<{ what: string; n: number }>(
    `select concat_ws(' ', u.username, m.box, m.body) as what, count(*)::int as n
     from messages m join users u on u.id = m.owner_id group by what order by what`,
  );
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

async function filledIn(body: string, recipient = 'bob'): Promise<Fields> {
  return { ...(await alice.hidden('/send')), recipient, body };
}

async function expectSent(person: Person, form: Fields): Promise<void> {
  const answer = await press(person, '/send', form);
  expect([answer.status, answer.headers.location]).toEqual([303, '/inbox']);
}

test('the same form fifty times concurrently at two processes is one message with the same answer', async () => {
  const form = await filledIn('Once');
  const processes = [at(app.url, alice), at(other.url, alice)];
  await Promise.all(Array.from({ length: 50 }, (_, i) => expectSent(processes[i % 2]!, form)));
  expect(deadlocks()).toBe(0);
  expect(await copies()).toEqual({ 'alice sent Once': 1, 'bob inbox Once': 1 });
});

test('so is a form to oneself', async () => {
  const form = await filledIn('To me', 'alice');
  await Promise.all(Array.from({ length: 10 }, () => expectSent(alice, form)));
  expect(deadlocks()).toBe(0);
  expect(await copies()).toEqual({ 'alice sent To me': 1, 'alice inbox To me': 1 });
});

test('a retry after a lost answer, also at another process, adds nothing', async () => {
  const form = await filledIn('Retried');
  await expectSent(alice, form);
  await expectSent(alice, form);
  await expectSent(at(other.url, alice), { ...form, recipient: ' BOB ', body: 'Retried' });
  expect(await copies()).toEqual({ 'alice sent Retried': 1, 'bob inbox Retried': 1 });
});

test('a retry does not restore a copy deleted meanwhile, in either mailbox', async () => {
  const form = await filledIn('Deleted');
  await expectSent(alice, form);
  const inbox = await bob.get('/inbox');
  await bob.submit('/inbox', {}, deletionOf(inbox, 'Deleted'));
  await expectSent(alice, form);
  expect(await copies()).toEqual({ 'alice sent Deleted': 1, 'bob inbox Deleted': 1 }); // his in the trash
  await app.pool.query('delete from messages');
  await expectSent(at(other.url, alice), form);
  expect(await copies()).toEqual({});
});

test('going back, changing text or recipient and sending again is another message', async () => {
  const form = await filledIn('First');
  await expectSent(alice, form);
  await expectSent(alice, { ...form, body: 'Second' });
  await expectSent(alice, { ...form, recipient: 'alice' });
  expect(await copies()).toEqual({
    'alice inbox First': 1,
    'alice sent First': 2,
    'alice sent Second': 1,
    'bob inbox First': 1,
    'bob inbox Second': 1,
  });
});

test('the same text from two forms is two messages', async () => {
  await expectSent(alice, await filledIn('Again'));
  await expectSent(alice, await filledIn('Again'));
  expect(await copies()).toEqual({ 'alice sent Again': 2, 'bob inbox Again': 2 });
});

test('two users with the same key do not affect each other', async () => {
  const form = await filledIn('Mine');
  await expectSent(alice, form);
  await expectSent(bob, { ...(await bob.hidden('/send')), key: form.key!, recipient: 'bob', body: 'Mine' });
  expect(await copies()).toEqual({ 'alice sent Mine': 1, 'bob inbox Mine': 2, 'bob sent Mine': 1 });
});

test('a page shown again after an error keeps its form’s key', async () => {
  const form = await filledIn('Corrected', 'nobody-here');
  const refused = await alice.post('/send', form);
  expect(refused.$('input[name=key]').attr('value')).toBe(form.key);
});

test.each(['', 'not-a-key', '1'.repeat(5000)])(
  'without a valid key (%j) nothing is sent, and the page has a new key',
  async (key) => {
    const refused = await alice.post('/send', { ...(await filledIn('Keyless')), key });
    expect(refused.status).toBe(422);
    expect(refused.$('[role=alert]').text()).not.toBe('');
    expect(refused.$('textarea[name=body]').text()).toBe('Keyless');
    expect(refused.$('input[name=key]').attr('value')).toMatch(/^[\da-f-]{36}$/);
    expect(await copies()).toEqual({});
  },
);
