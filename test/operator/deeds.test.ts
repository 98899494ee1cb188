// Operator commands: their effect, the log, and notices to users.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/queries.ts';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { messagesOn, newestOf } from '../support/inbox.ts';
import { at, isSignedIn, registered, stranger, type Person } from '../support/person.ts';
import { runHere, runOperator, type Ended } from './command.ts';

let alice: Person;
let aliceId: string;
let round = 0;
const { app, bob } = await cast();
const inviting = await startApp({ REGISTRATION: 'invite', MEMBERS_INVITE: '2' }, app.databaseUrl);
beforeEach(async () => {
  alice = await registered(app.url, `alicent-${round++}`);
  aliceId = (await findAccount(app.pool, alice.username))!.id;
});
afterAll(() => Promise.all([app.close(), inviting.close()]));

const settings = () => ({
  DATABASE_URL: app.databaseUrl,
  PUBLIC_URL: 'https://letters.example',
  REGISTRATION: 'open',
});
const operator = (...args: string[]) => runHere(settings(), args);
const typing = (typed: string, ...args: string[]) => runOperator(settings(), args, typed);

async function loggedIn(password = alice.password): Promise<Person> {
  const person = stranger(app.url, alice.username, password);
  const answer = await person.submit('/login', { username: alice.username, password });
  expect(answer.status).toBe(303);
  return person;
}

function pathOf(link: string): string {
  const url = new URL(link.trim());
  expect(url.origin).toBe('https://letters.example');
  return url.pathname + url.search;
}

/** Checks the notices; a login from a new browser leaves one too. */
async function expectNotice(person: Person, words: string): Promise<void> {
  const notices = messagesOn(await person.get('/inbox')).filter(
    ({ sender }) => sender === 'Private Messages',
  );
  expect(notices.map(({ body }) => body).join('\n')).toContain(words);
}

describe('reset-link', () => {
  test('prints a link for setting a new password, and nothing else', async () => {
    const { code, out, err } = await runOperator(settings(), ['reset-link', alice.username]);
    expect(code).toBe(0);
    expect(out).toMatch(/^https:\/\/letters\.example\/reset\/[\w-]{64}\n$/);
    expect(err).toContain(`Give it to nobody but ${alice.username}`);
    expect(err).not.toContain('/reset/');
    expect(await isSignedIn(alice)).toBe(true);
    await expectNotice(alice, 'The operator of this server made a link with which a new password can be set');

    const answer = await stranger(app.url).submit(pathOf(out), { password: 'another long enough one' });
    expect(answer.status).toBe(303);
    expect(await isSignedIn(alice)).toBe(false);
    await loggedIn('another long enough one');
  });

  test('as JSON, with the username in any spelling', async () => {
    const { out, err } = await operator('reset-link', ` ${alice.username.toUpperCase()} `, '--json');
    expect(err).toBe('');
    const { username, link, expiresAt, dropsSecondFactor } = JSON.parse(out) as Record<string, string>;
    expect([username, dropsSecondFactor]).toEqual([alice.username, false]);
    expect(Math.abs(Date.parse(expiresAt!) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect((await stranger(app.url).get(pathOf(link!))).status).toBe(200);
  });

  test('a second link replaces the first', async () => {
    const [first, second] = [
      await operator('reset-link', alice.username),
      await operator('reset-link', alice.username),
    ];
    expect((await stranger(app.url).get(pathOf(first.out))).status).toBe(404);
    expect((await stranger(app.url).get(pathOf(second.out))).status).toBe(200);
  });
});

describe('end-sessions', () => {
  test('signs out everywhere; the password is kept', async () => {
    const elsewhere = await loggedIn();
    const { code, out } = await operator('sessions', 'end', alice.username);
    expect([code, out]).toEqual([0, `${alice.username} is logged out everywhere.\n`]);
    expect([await isSignedIn(alice), await isSignedIn(elsewhere)]).toEqual([false, false]);
    expect(await isSignedIn(bob)).toBe(true);
    await expectNotice(await loggedIn(), 'The operator of this server ended all your sessions');
  });

  test('open pages are notified immediately', async () => {
    const stream = await fetch(`${app.url}/events`, { headers: { cookie: alice.cookies() } });
    const heard = stream.text(); // it ends when the session does
    const startedAt = performance.now();
    await runOperator(settings(), ['sessions', 'end', alice.username]);
    expect(await heard).toContain('event: signed-out');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('disable and enable', () => {
  test('nobody can log in or stay signed in until it is enabled; messages still arrive', async () => {
    const { code, out } = await operator('disable', alice.username);
    expect([code, out]).toEqual([0, `${alice.username} is disabled, and logged out everywhere.\n`]);
    expect(await isSignedIn(alice)).toBe(false);
    const refused = await stranger(app.url).submit('/login', {
      username: alice.username,
      password: alice.password,
    });
    expect(refused.$('#form-error').text()).toContain('This account has been disabled');
    expect((await bob.send(alice.username, 'For when you are back')).status).toBe(303);

    expect(await operator('enable', alice.username)).toEqual({
      code: 0,
      out: `${alice.username} is enabled.\n`,
      err: '',
    });
    const back = await loggedIn();
    const inbox = (await back.get('/inbox')).$('.excerpt').text();
    expect(inbox).toContain('For when you are back');
    expect(inbox).toContain('The operator of this server disabled your account');
    expect(inbox).toContain('The operator of this server enabled your account again');
    expect(await isSignedIn(alice)).toBe(false);
  });

  test('a new password by link does not re-enable the account', async () => {
    await operator('disable', alice.username);
    const { out } = await operator('reset-link', alice.username);
    await stranger(app.url).submit(pathOf(out), { password: 'another long enough one' });
    const refused = await stranger(app.url).submit('/login', {
      username: alice.username,
      password: 'another long enough one',
    });
    expect(refused.$('#form-error').text()).toContain('disabled');
  });

  test('permanently withdraws the person’s invitations', async () => {
    const page = '/account/invitations';
    const there = at(inviting.url, alice);
    await there.submit(page);
    const link = (await there.get(page)).$('#link').attr('value')!;
    const path = new URL(link).pathname + new URL(link).search;
    expect((await stranger(inviting.url).get(path)).status).toBe(200);
    await operator('disable', alice.username);
    expect((await stranger(inviting.url).get(path)).status).toBe(403);
    await operator('enable', alice.username);
    expect((await stranger(inviting.url).get(path)).status).toBe(403);
  });

  test('repeated calls say so and leave one notice', async () => {
    await operator('disable', alice.username);
    const again = await operator('disable', alice.username);
    expect(again).toEqual({ code: 0, out: `${alice.username} was disabled already.\n`, err: '' });
    await operator('enable', alice.username);
    const out = (await operator('enable', alice.username, '--json')).out;
    expect(JSON.parse(out)).toEqual({ username: alice.username, isChanged: false });
    const { rowCount } = await app.pool.query('select from messages where owner_id = $1', [aliceId]);
    expect(rowCount).toBe(2);
  });
});

describe('delete', () => {
  const isThere = async () => Boolean(await findAccount(app.pool, alice.username));

  test('asks to type the username, and does nothing for another or none', async () => {
    for (const typed of ['bob\n', '\n', 'yes\n', '']) {
      const { code, out, err } = await typing(typed, 'delete', alice.username);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(`This deletes ${alice.username} permanently.`);
      expect(err).toContain('private-messages: That is not the name. Nothing was deleted.');
    }
    expect(await isThere()).toBe(true);
    expect(await isSignedIn(alice)).toBe(true);
  });

  test('deletes the account and everything in it', async () => {
    await alice.send('bob', 'Bob keeps this');
    await bob.send(alice.username, 'Only hers');
    const { code, out } = await typing(`${alice.username}\n`, 'delete', alice.username);
    expect([code, out]).toEqual([0, `${alice.username} is deleted.\n`]);
    expect(await isThere()).toBe(false);
    expect(await isSignedIn(alice)).toBe(false);
    const { rowCount } = await app.pool.query('select from messages where owner_id = $1', [aliceId]);
    expect(rowCount).toBe(0);
    expect(await newestOf(bob)).toEqual({ sender: 'deleted account', body: 'Bob keeps this' });
    const again = await stranger(app.url).submit('/register', {
      username: alice.username,
      password: alice.password,
    });
    expect(again.$('#username-error').text()).toContain('taken');
  });

  test('--yes skips the question', async () => {
    const { code, out, err } = await operator('delete', alice.username, '--yes');
    expect([code, out, err]).toEqual([0, `${alice.username} is deleted.\n`, '']);
  });
});

describe('invite', () => {
  test('prints a link for one registration', async () => {
    const { code, out, err } = await runHere({ ...settings(), REGISTRATION: 'invite' }, ['invite']);
    expect(code).toBe(0);
    expect(out).toMatch(/^https:\/\/letters\.example\/register\?invitation=[\w-]{64}\n$/);
    expect(err).toMatch(/^One person can register with it, until [^\n]+ UTC\.\n$/);
    const guest = stranger(inviting.url);
    const fields = { username: `guest-${round}`, password: guest.password };
    expect((await guest.submit(pathOf(out), fields)).status).toBe(303);
    expect((await stranger(inviting.url).get(pathOf(out))).status).toBe(403);
  });

  test.each([
    [[], 7],
    [['--days', '30'], 30],
    [['--days=1'], 1],
  ])('%j: for %i days', async (args, days) => {
    const { out } = await operator('invite', ...args, '--json');
    const { expiresAt } = JSON.parse(out) as { expiresAt: string };
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - days * 86_400_000)).toBeLessThan(60_000);
  });

  test('says so if invitations are not needed or not possible', async () => {
    expect((await operator('invite')).err).toContain('everybody can register without it');
    const closed = await runHere({ ...settings(), REGISTRATION: 'closed' }, ['invite']);
    expect(closed.err).toContain('it does not work until an invitation is enough');
  });
});

describe('the log', () => {
  interface Use {
    at: string;
    command: string;
    options: string[];
    userId: string | null;
    username: string | null;
  }
  const uses = async () => JSON.parse((await operator('log', '--json')).out) as Use[];
  const last = (all: Use[], count: number) =>
    all.slice(-count).map(({ command, options, userId }) => [command, options, userId]);

  test('records time, command, options and subject of every use', async () => {
    const none: Ended[] = [
      await operator('users', 'list'),
      await operator('users', 'find', alice.username, '--json'),
      await operator('reset-link', alice.username, '--drop-second-factor'),
      await operator('sessions', 'end', alice.username),
      await operator('disable', alice.username),
      await operator('enable', alice.username),
      await operator('invite', '--days', '3'),
      await operator('disable', 'nobody-here'),
      await typing('no', 'delete', alice.username),
    ];
    expect(none.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1]);
    const all = await uses();
    expect(last(all, 9)).toEqual([
      ['users list', [], null],
      ['users find', ['--json'], null],
      ['reset-link', ['--drop-second-factor'], aliceId],
      ['sessions end', [], aliceId],
      ['disable', [], aliceId],
      ['enable', [], aliceId],
      ['invite', ['--days=3'], null],
      ['disable', [], null],
      ['log', ['--json'], null],
    ]);
    expect(all.find(({ userId }) => userId === aliceId)?.username).toBe(alice.username);
    for (const { at: time } of all.slice(-9))
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(120_000);
  });

  test('keeps only the id of a deleted user', async () => {
    await operator('delete', alice.username, '--yes');
    const all = await uses();
    expect(last(all, 2)[0]).toEqual(['delete', ['--yes'], aliceId]);
    expect(all.at(-2)!.username).toBeNull();
    const { rows } = await app.pool.query<{ line: string }>('select l::text as line from operator_log l');
    for (const { line } of rows) expect(line).not.toContain('alice');
  });

  test('has no link in it, nor has the rest of the database', async () => {
    const link = pathOf((await operator('reset-link', alice.username)).out)
      .split('/')
      .at(-1)!;
    const invitation = pathOf((await operator('invite')).out)
      .split('=')
      .at(-1)!;
    const { rows: tables } = await app.pool.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      const { rows } = await app.pool.query<{ line: string }>(`select t::text as line from ${name} t`);
      for (const token of [link, invitation]) {
        const secret = Buffer.from(token, 'base64url').subarray(16);
        const forms = [token, token.slice(24), secret.toString('hex'), secret.toString('base64')];
        for (const { line } of rows) for (const form of forms) expect(line, name).not.toContain(form);
      }
    }
  });

  test('is printed as a table', async () => {
    await operator('enable', alice.username);
    const { out } = await operator('log');
    const lines = out.split('\n');
    expect(lines[0]!.split(/ {2,}/)).toEqual(['at', 'command', 'options', 'by', 'user id', 'username']);
    expect(lines.some((line) => line.includes(aliceId) && line.endsWith(alice.username))).toBe(true);
  });
});
