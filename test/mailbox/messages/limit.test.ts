// The rate limit of sending, over two processes of one site.
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { press } from '../../support/forms.ts';
import { messagesOn } from '../../support/inbox.ts';
import { at, registered } from '../../support/person.ts';

const settings = { SENDS_PER_MINUTE: '5' };
const { app, alice, bob } = await cast(settings);
const other = await startApp(settings, app.databaseUrl);
afterAll(async () => {
  await other.close();
  await app.close();
});

const arrived = async () => (await app.pool.query(`select from messages where box = 'inbox'`)).rowCount;

test('the sixth message in a minute is refused at either process, with its text and a time to wait', async () => {
  const elsewhere = at(other.url, alice);
  for (let i = 1; i <= 5; i += 1)
    expect((await (i % 2 ? alice : elsewhere).send('bob', `Number ${i}`)).status).toBe(303);

  for (const person of [alice, elsewhere]) {
    const refused = await person.send('bob', '\nNumber 6 🦉');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.$('[role=alert]').text()).not.toBe('');
    expect(refused.$('textarea[name=body]').text()).toBe('\nNumber 6 🦉');
    expect(refused.$('input[name=recipient]').attr('value')).toBe('bob');
  }
  expect(messagesOn(await bob.get('/inbox'))).toHaveLength(5);
});

test('other users are not affected', async () => {
  expect((await bob.send('bob', 'To me')).status).toBe(303);
});

test('a form sent already is answered as before, even over the limit', async () => {
  const carol = await registered(app.url, 'carol');
  const form = { ...(await carol.hidden('/send')), recipient: 'bob', body: 'Repeated' };
  expect((await carol.post('/send', form)).status).toBe(303);
  for (let i = 0; i < 10; i += 1) expect((await carol.post('/send', form)).status).toBe(303);
  for (let i = 0; i < 4; i += 1) expect((await carol.send('bob', 'More')).status).toBe(303);
  expect((await carol.send('bob', 'Too much')).status).toBe(429);
  expect((await carol.post('/send', form)).status).toBe(303);
});

test('a message to an unknown user does not count', async () => {
  const dave = await registered(app.url, 'dave');
  for (let i = 0; i < 8; i += 1) expect((await dave.send('nobody-here', 'Dear ...')).status).toBe(422);
  expect((await dave.send('bob', 'Dear Bob')).status).toBe(303);
});

test('of forty concurrent ones at two processes, no more than five pass, besides those already running', async () => {
  const eve = await registered(app.url, 'eve');
  const forms = await Promise.all(
    Array.from({ length: 40 }, async () => ({ ...(await eve.hidden('/send')), recipient: 'bob' })),
  );
  const before = (await arrived())!;
  const processes = [at(app.url, eve), at(other.url, eve)];
  const answers = await Promise.all(
    forms.map((form, i) => press(processes[i % 2]!, '/send', { ...form, body: `Flood ${i}` })),
  );
  const sent = answers.filter((answer) => answer.status === 303).length;
  expect(sent).toBeGreaterThanOrEqual(5);
  // Statements that run at the same moment do not see each other: one for each connection.
  expect(sent).toBeLessThanOrEqual(5 + app.pool.options.max + other.pool.options.max);
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(40 - sent);
  expect(await arrived()).toBe(before + sent);
});
