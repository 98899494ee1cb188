// Account deletion: everything is deleted, other people keep their copies, and the name stays taken.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createAccount, findAccount } from '../../../src/accounts/queries.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { closeAccount, purgeAccount } from '../../../src/accounts/deletion/queries.ts';
import { makeInvitation } from '../../../src/accounts/invitations/queries.ts';
import { makeResetLink } from '../../../src/accounts/reset-links/queries.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { withCodes } from '../../support/authenticator.ts';
import { makeCodes } from '../../support/codes.ts';
import { withPasskey } from '../../support/passkey.ts';
import { columnsWith, fillMailbox } from '../../support/mailboxes.ts';
import { at, registered, stranger, type Person } from '../../support/person.ts';

const { app, alice, bob } = await cast();
const other = await startApp({}, app.databaseUrl);
afterAll(async () => {
  await other.close();
  await app.close();
});

const leave = (person: Person) => person.submit('/account/delete', { password: person.password });

/** The columns that still hold the id. */
function placesWith(id: string): Promise<string[]> {
  return columnsWith(app.pool, id);
}

/** Where others name somebody, in their copies of messages; and the id, so that a restored backup deletes it again. */
const remaining =
  'messages.other_id conversations.other_id contacts.other_id unread.other_id deletions.owner_id deletions.id'.split(
    ' ',
  );

async function idOfAccount(username: string): Promise<string> {
  return (await findAccount(app.pool, username))!.id;
}

test('the page says what happens, and does nothing without the password', async () => {
  const page = await alice.get('/account/delete');
  expect(page.$('main').text()).toContain('other people keep their copies of your messages');
  const wrong = await alice.submit('/account/delete', { password: 'not the password' });
  expect([wrong.status, wrong.$('#password-error').text()]).toEqual([422, 'This is not your password.']);
  expect((await alice.get('/inbox')).status).toBe(200);
});

test('deleting the account says so, signs out everywhere, and prevents login', async () => {
  const carol = await registered(app.url, 'carol');
  const elsewhere = at(other.url, carol);
  const answer = await leave(carol);
  expect([answer.status, answer.get('Location')]).toEqual([303, '/']);
  expect((await carol.get('/')).$('[role=status]').text()).toBe('Your account is deleted.');
  expect((await elsewhere.get('/inbox')).get('Location')).toContain('/login');
  const login = await stranger(app.url).submit('/login', { username: 'carol', password: carol.password });
  expect(login.$('#password-error').text()).toBe('The username or the password is wrong.');
});

test('nothing of the account is left; what others hold is kept', async () => {
  const dora = await registered(app.url, 'dora.leaves');
  const id = await idOfAccount('dora.leaves');
  await dora.send('bob', 'Remember me');
  await bob.send('dora.leaves', 'A message to one who leaves');
  await dora.post('/drafts', { ...(await dora.hidden('/send')), recipient: 'bob', body: 'Never sent' });
  await leave(dora);

  expect((await placesWith(id)).toSorted()).toEqual(remaining.toSorted()); // bob's copies
  expect(await columnsWith(app.pool, 'dora.leaves')).toEqual([]);
  expect(await columnsWith(app.pool, 'Never sent')).toEqual([]);
  const received = await bob.get('/inbox');
  expect(received.$('.messages li').text()).toContain('Remember me');
  expect(received.$('.messages li h2').text()).toContain('deleted account');
});

test('drafts, devices and credentials are deleted immediately, before the messages of a large mailbox', async () => {
  const gina = await registered(app.url, 'gina');
  const id = await idOfAccount('gina');
  await bob.send('gina', 'Still to be removed');
  await gina.post('/drafts', { ...(await gina.hidden('/send')), recipient: 'bob', body: 'Begun' });
  await withCodes(gina);
  await withPasskey(gina);
  await makeCodes(gina);
  await makeResetLink(app.pool, id, false);
  await makeInvitation(app.pool, id);
  await closeAccount(app.pool, id);
  const places = [...remaining, 'messages.owner_id', 'conversations.owner_id', 'mailbox_usage.owner_id', 'sent_forms.owner_id', 'unread.owner_id', 'users.id']; // prettier-ignore
  for (const place of await placesWith(id)) expect(places).toContain(place);
  await purgeAccount(app.pool, id);
});

test("the correspondents' pages keep working", async () => {
  const message = await bob.get((await bob.get('/inbox')).$('.messages h2 a').attr('href')!);
  expect([message.status, message.$('h1').text()]).toEqual([200, 'From deleted account']);
  expect(message.$('.actions a').text()).toBe('Forward');
  expect((await bob.get('/search?q=remember')).text).toContain('deleted account');
  expect((await bob.get('/with/dora.leaves')).status).toBe(404);
  const sent = await bob.get((await bob.get('/sent')).$('.messages h2 a').attr('href')!);
  expect(sent.$('h1').text()).toBe('To deleted account');
  const refused = await bob.send('dora.leaves', 'Are you still there?');
  expect([refused.status, refused.$('#recipient-error').text()]).toEqual([
    422,
    'Nobody here has that username.',
  ]);
  expect(refused.$('#body').text()).toContain('Are you still there?');
});

test('the name can never be registered again', async () => {
  const answer = await stranger(app.url).submit('/register', {
    username: 'dora.leaves',
    password: 'a long enough one',
  });
  expect([answer.status, answer.$('#username-error').text()]).toEqual([
    422,
    'This username is taken. Please choose another one.',
  ]);
});

test('in a hundred races of deletion and registration of one name, nobody gets the name', async () => {
  const hashUsername = (name: string) => createHash('sha256').update(name).digest();
  const names = Array.from({ length: 100 }, (_, n) => `racer-${n}`);
  const race = async (name: string) => {
    const account = await createAccount(app.pool, hashUsername, name, 'x');
    if (account === 'taken') return 'lost';
    const attempts = Array.from({ length: 10 }, async (_, n) => {
      await sleep(n);
      return createAccount(other.pool, hashUsername, name, 'y');
    });
    await closeAccount(app.pool, account.id);
    await purgeAccount(app.pool, account.id);
    return (await Promise.all(attempts)).find((again) => again !== 'taken');
  };
  // In five groups: a thousand attempts at the same moment wait longer for a connection than they may.
  for (let start = 0; start < names.length; start += 20) {
    const outcomes = await Promise.all(names.slice(start, start + 20).map(race));
    expect(new Set(outcomes)).toEqual(new Set([undefined]));
  }
});

test('the cleanup job finishes an interrupted deletion', async () => {
  await registered(app.url, 'emil');
  const id = await idOfAccount('emil');
  await bob.send('emil', 'For emil');
  await closeAccount(app.pool, id);
  expect(await placesWith(id)).toContain('messages.owner_id');
  await runCleanupJobs(app.pool);
  for (const place of await placesWith(id)) expect(remaining).toContain(place);
});

test(
  'an account with 100,000 messages is deleted while they are read and it receives more',
  { timeout: 120_000 },
  async () => {
    const frieda = await registered(app.url, 'frieda');
    const id = await idOfAccount('frieda');
    for (const year of ['2020', '2021', '2022', '2023', '2024'])
      await fillMailbox(app.pool, frieda, bob, 20_000, { from: `${year}-01-01` });
    const windows = [frieda, at(other.url, frieda), at(app.url, frieda)];
    expect((await bob.send('frieda', 'Still there?')).status).toBe(303);
    let sent = 1;
    const over = new AbortController();
    const statuses = new Set<number>();
    const reading = windows.map(async (window) => {
      while (!over.signal.aborted) {
        for (const path of ['/inbox', '/search?q=word', '/with/bob'])
          statuses.add((await window.get(path)).status);
      }
    });
    const writing = (async () => {
      while (!over.signal.aborted) {
        const { status } = await bob.send('frieda', 'Still there?');
        statuses.add(status);
        if (status === 303) sent += 1;
      }
    })();
    const answer = await leave(at(app.url, frieda));
    expect(answer.status).toBe(303);
    expect((await frieda.get('/inbox')).status).toBe(303);
    for (let left = 1; left > 0; await sleep(100))
      left = (await app.pool.query('select from users where id = $1', [id])).rowCount!;
    over.abort();
    await Promise.all([...reading, writing]);
    expect(statuses).toEqual(new Set([200, 303, 422]));
    for (const place of await placesWith(id)) expect(remaining).toContain(place);
    const { rowCount } = await app.pool.query(
      `select from messages where box = 'sent' and other_id = $1 and body = 'Still there?'`,
      [id],
    );
    expect(rowCount).toBe(sent); // each message that was answered, however late, is still bob's
  },
);

test('signed out, one is sent to the login; a forged form deletes nothing', async () => {
  expect((await stranger(app.url).get('/account/delete')).get('Location')).toBe(
    '/login?next=%2Faccount%2Fdelete',
  );
  expect((await bob.post('/account/delete', { password: bob.password })).status).toBe(403);
  expect((await bob.ask('put', '/account/delete')).status).toBe(405);
  expect((await bob.get('/inbox')).status).toBe(200);
});
