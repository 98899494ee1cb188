// Closing a report: the decision, the notices, the log; once, whoever decides at the same moment.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/web/log.ts';
import { makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { newestOf, messagesOn } from '../../support/inbox.ts';
import { columnsWith, idOf } from '../../support/mailboxes.ts';
import { isSignedIn, registered, stranger, type Fields, type Person } from '../../support/person.ts';

let written = '';
const log = createLog('info', { write: (text) => void (written += text) });
const { app, reset } = await cast({}, { log });
let alice: Person;
let bob: Person;
let charlie: Person;
let path: string;
let round = 0;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  await app.pool.query('delete from operator_log');
  await makeAdmin(app, alice);
  path = await reported();
  written = '';
});

async function reported(): Promise<string> {
  const text = `You are stupid ${round++}`;
  await bob.send('charlie', text);
  await charlie.submit(`/messages/${await idOf(app.pool, charlie, text, 'inbox')}/report`, {
    words: 'Weeks',
  });
  const { rows } = await app.pool.query<{ id: string }>('select id from reports order by id desc limit 1');
  return `/admin/reports/${rows[0]!.id}`;
}

const close = (fields: Fields, person = alice) => person.submit(path, fields, `${path}/close`);
const noticesOf = async (person: Person) =>
  messagesOn(await person.get('/inbox')).filter(({ sender }) => sender === 'Private Messages');
const lastAct = async () =>
  (
    await app.pool.query(
      `select l.command, l.options, a.username as admin, u.username as about from operator_log l
       join users a on a.id = l.admin_id join users u on u.id = l.user_id order by l.id desc limit 1`,
    )
  ).rows[0] as object;

test('with an answer: a notice to the reporter, who also finds it with the report; it is stored encrypted', async () => {
  const answer = await close({ outcome: 'nothing', answer: 'We spoke\nwith him' });
  expect([answer.status, answer.headers.location]).toEqual([303, '/admin/reports']);
  expect((await alice.get('/admin/reports')).$('.flash').text().trim()).toBe('The report is closed.');
  expect((await newestOf(charlie))!.body).toBe(
    'An administrator closed your report of a message from bob:\n\nWe spoke\nwith him',
  );
  const own = await charlie.get('/account/reports');
  expect(own.$('.steps').text()).toMatch(/Closed on .* with an answer:/s);
  expect(own.$('.rows .text').text()).toBe('We spoke\nwith him');
  expect(await columnsWith(app.pool, 'We spoke')).toEqual(['messages.body']);
  expect(await noticesOf(bob)).toEqual([]);
  expect(await lastAct()).toEqual({
    command: 'reports close',
    options: ['--outcome=nothing'],
    admin: 'alice',
    about: 'bob',
  });
  expect((await alice.get('/admin/reports?state=closed')).$('.rows .hint').text()).toContain('closed');
  expect((await alice.get(path)).$('form.decision')).toHaveLength(0);
});

test('without an answer', async () => {
  await close({ outcome: 'nothing', answer: ' ' });
  expect((await newestOf(charlie))!.body).toBe('An administrator closed your report of a message from bob.');
  expect((await charlie.get('/account/reports')).$('.rows .text')).toHaveLength(0);
});

test('with a warning, which does not say who reported what', async () => {
  await close({ outcome: 'warned', warning: 'Please stay friendly.', answer: '' });
  expect((await newestOf(bob))!.body).toBe('An administrator warns you:\n\nPlease stay friendly.');
  expect((await bob.get('/inbox')).text).not.toContain('charlie');
  expect((await alice.get('/admin/reports?state=closed')).$('.rows .hint').text()).toContain('warned');
  expect((await charlie.get('/account/reports')).text).not.toMatch(/warn/i);
  expect(written).not.toMatch(/friendly|stupid|Weeks|charlie|bob/);
  const events = written.split('\n').filter((line) => line.includes('"admin act"'));
  expect(events.map((line) => (JSON.parse(line) as { detail: string }).detail)).toEqual([
    'reports look',
    'reports close',
  ]);
});

test('the page warns against quoting', async () => {
  expect((await alice.get(path)).$('#warning-hint').text()).toContain('Do not quote the message');
});

test('by disabling the account', async () => {
  await close({ outcome: 'disabled', warning: '', answer: 'Done' });
  expect((await alice.get('/admin/reports')).$('.flash').text()).toContain('bob is disabled');
  expect(await isSignedIn(bob)).toBe(false);
  await app.pool.query('update users set disabled_at = null');
  const again = stranger(app.url, 'bob', bob.password);
  await again.submit('/login', { username: 'bob', password: bob.password });
  const notices = await noticesOf(again);
  expect(notices.map(({ body }) => body).join()).toContain('An administrator disabled your account');
});

describe('is refused, and keeps what was written,', () => {
  const texts = { warning: 'A warning\nof two lines', answer: 'An answer' };
  const typedOn = async (answer: Promise<{ status: number; $: Awaited<ReturnType<Person['get']>>['$'] }>) => {
    const { status, $ } = await answer;
    return [status, $('#warning').text(), $('#answer').text(), $('.error').first().text()];
  };
  const kept = [texts.warning, texts.answer] as const;

  test('without a choice, or with one that does not exist', async () => {
    for (const outcome of ['', 'burned'])
      expect(await typedOn(close({ outcome, ...texts }))).toEqual([
        422,
        ...kept,
        'Please choose what to do.',
      ]);
  });

  test('as a warning without words, or with too many', async () => {
    const answer = await close({ outcome: 'warned', warning: ' ', answer: 'Kept' });
    expect([answer.status, answer.$('#warning-error').text(), answer.$('#answer').text()]).toEqual([
      422,
      'Please write the warning.',
      'Kept',
    ]);
    expect(answer.$('.quoted .text').first().text()).toContain('You are stupid');
    const long = await close({ outcome: 'warned', warning: 'x'.repeat(10_001), answer: '' });
    expect([long.status, long.$('#warning').text().length]).toEqual([422, 10_001]);
  });

  test('where the account is deleted', async () => {
    await bob.submit('/account/delete', { password: bob.password });
    const words = 'This account is deleted: nobody is left to be warned or disabled.';
    expect(await typedOn(close({ outcome: 'warned', ...texts }))).toEqual([422, ...kept, words]);
    expect((await close({ outcome: 'nothing', ...texts })).status).toBe(303);
    expect((await newestOf(charlie))!.body).toContain('from a deleted account');
  });

  test('where another administrator was first', async () => {
    const dora = await registered(app.url, `dora-${round++}`);
    await makeAdmin(app, dora);
    const form = { ...(await alice.hidden(path, `${path}/close`)), outcome: 'warned', ...texts };
    await close({ outcome: 'nothing', answer: '' }, dora);
    const answer = await alice.post(`${path}/close`, form);
    expect([answer.status, answer.$('.error').text()]).toEqual([
      422,
      'Another administrator has closed this report meanwhile. Nothing was changed.',
    ]);
    expect(answer.text).toContain('of two lines');
    expect(await noticesOf(bob)).toEqual([]);
  });

  test('without its token, or after a logout', async () => {
    for (const [person, status] of [
      [alice, 403],
      [stranger(app.url), 401],
    ] as const)
      expect(
        (await typedOn(person.post(`${path}/close`, { outcome: 'warned', ...texts }))).slice(0, 3),
      ).toEqual([status, ...kept]);
    const unknown = await bob.post('/nothing-at-all', texts);
    expect((await bob.post(`${path}/close`, texts)).text.length).toBe(unknown.text.length);
  });
});
