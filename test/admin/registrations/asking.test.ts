// REGISTRATION=approve: who asks to register waits for an administrator, and is nobody until then.
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeInvitation, operator as ofTheOperator } from '../../../src/accounts/invitations/queries.ts';
import { registrationsKeptFor } from '../../../src/accounts/registrations/ask.ts';
import { approve, decline } from '../../../src/admin/registrations/decide.ts';
import { transaction } from '../../../src/database/transaction.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { runOperator } from '../../operator/command.ts';
import { makeAdmin } from '../../support/admin.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { messagesOn } from '../../support/inbox.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { isSignedIn, stranger, type Answer, type Person } from '../../support/person.ts';

const settings = { REGISTRATION: 'approve', DIRECTORY: 'members' };
const { app, reset } = await cast(settings);
const second = await startApp(settings, app.databaseUrl);
afterAll(() => Promise.all([app.close(), second.close()]));
let alice: Person;
let bob: Person;
beforeEach(async () => {
  await app.pool.query('delete from registrations');
  ({ alice, bob } = await reset());
});

const line = 'I sing with Alice';
const password = 'seven tall cranes';
const asking = (username: string, url = app.url, words = line) =>
  stranger(url).submit('/register', { username, password, line: words });
const login = (username: string, typed = password) =>
  stranger(app.url).submit('/login', { username, password: typed });
const waitingId = async (username: string) =>
  (await app.pool.query<{ id: string }>('select id from registrations where username = $1', [username]))
    .rows[0]!.id;
const errorOf = ({ $ }: Answer) => $('.error').text();
const operator = (...args: string[]) => runOperator({ DATABASE_URL: app.databaseUrl }, args);

test('the pages say that an administrator decides', async () => {
  expect((await stranger(app.url).get('/')).$('.lead').text()).toContain('an administrator decides');
  const { $ } = await stranger(app.url).get('/register');
  expect($('.lead').text()).toContain('An administrator decides');
  expect($('textarea[name=line]')).toHaveLength(1);
});

test('who asks waits, and reads so at the login with the right password only', async () => {
  const dora = stranger(app.url);
  const asked = await dora.submit('/register', { username: 'dora', password, line });
  expect([asked.status, asked.headers.location]).toEqual([303, '/login']);
  expect((await dora.get('/login')).$('[role=status]').text()).toContain('an administrator decides');
  expect(await isSignedIn(dora)).toBe(false);

  const right = await login('dora');
  expect([right.status, errorOf(right)]).toEqual([
    422,
    expect.stringContaining('waits for an administrator'),
  ]);
  const [wrong, unknown] = [await login('dora', 'not the password'), await login('nobody-here')];
  expect(errorOf(wrong)).toBe('The username or the password is wrong.');
  expect([wrong.status, errorOf(wrong)]).toEqual([unknown.status, errorOf(unknown)]);
});

describe('the form', () => {
  test.each([
    ['', 'Please write a line about yourself.'],
    [' \n ', 'Please write a line about yourself.'],
    ['x'.repeat(501), 'A line has at most 500 characters.'],
    ['a\u202Eb', 'invisible'],
  ])('refuses the line %j, and keeps what was typed', async (words, error) => {
    const answer = await asking('dora', app.url, words);
    expect([answer.status, answer.$('#line-error').text()]).toEqual([422, expect.stringContaining(error)]);
    expect(answer.$('#line').text().trim()).toBe(words.trim());
    expect(answer.$('#username').attr('value')).toBe('dora');
  });

  test('takes a line with breaks, and 500 characters', async () => {
    expect((await asking('dora', app.url, 'One\r\ntwo')).status).toBe(303);
    expect((await asking('erna', app.url, '🦉'.repeat(500))).status).toBe(303);
    const { rows } = await app.pool.query('select line from registrations order by id');
    expect(rows).toEqual([{ line: 'One two' }, { line: '🦉'.repeat(500) }]);
  });

  test('refuses a name in use, one that waits, and their look-alikes', async () => {
    await asking('lidia');
    for (const name of ['alice', 'a1ice', 'lidia', 'l1dia'])
      expect((await asking(name)).$('#username-error').text()).toContain('This username is taken');
  });

  test('refuses when a thousand wait', async () => {
    await app.pool.query(
      `insert into registrations (id, username, password_hash, line, name_hash)
       select uuidv7(), 'waiting-' || n, '', '', '' from generate_series(1, 1000) n`,
    );
    const answer = await asking('dora');
    expect([answer.status, errorOf(answer)]).toEqual([
      503,
      expect.stringContaining('Too many registrations'),
    ]);
    expect(answer.$('#line').text()).toBe(line);
  });
});

describe('who waits', () => {
  beforeEach(() => asking('dora'));

  test('cannot be written to, as an unknown name', async () => {
    const [waiting, unknown] = [await alice.send('dora', 'Hello'), await alice.send('nora', 'Hello')];
    expect(waiting.status).toBe(unknown.status);
    expect(errorOf(waiting).replace('dora', 'nora')).toBe(errorOf(unknown));
    expect((await alice.send('dore', 'Hello')).$('.meant')).toHaveLength(0);
  });

  test('is in no list, and nobody’s page', async () => {
    for (const path of ['/people/members', '/people?q=dora', '/search?q=dora'])
      expect((await alice.get(path)).$('main ul').text()).not.toContain('dora');
    expect((await alice.get('/with/dora')).status).toBe((await alice.get('/with/nora')).status);
    expect((await operator('users', 'list')).out).not.toContain('dora');
  });

  test('is a member once approved, and finds a notice', async () => {
    expect(await approve(app.appPool, await waitingId('dora'))).toBe('dora');
    const dora = stranger(app.url, 'dora');
    expect((await dora.submit('/login', { username: 'dora', password })).status).toBe(303);
    const notices = messagesOn(await dora.get('/inbox')).map(({ body }) => body);
    expect(notices.join('\n')).toContain('An administrator approved your registration.');
    expect((await alice.send('dora', 'Welcome')).status).toBe(303);
  });

  test('reads at the login that it was declined; the name is free again', async () => {
    expect(await decline(app.appPool, await waitingId('dora'))).toBe('dora');
    expect(errorOf(await login('dora'))).toContain('declined your registration');
    expect(errorOf(await login('dora', 'not the password'))).toBe('The username or the password is wrong.');
    const { rows } = await app.pool.query('select line from registrations');
    expect(rows).toEqual([{ line: '' }]);

    const other = 'another tall crane';
    await stranger(app.url).submit('/register', { username: 'd0ra', password: other, line });
    await approve(app.appPool, await waitingId('d0ra'));
    expect((await asking('dora')).$('#username-error').text()).toContain('taken');
    expect(errorOf(await login('dora'))).toContain('declined your registration');
  });

  test('is replaced by who asks for the name after it was declined', async () => {
    await decline(app.appPool, await waitingId('dora'));
    const other = 'another tall crane';
    await stranger(app.url).submit('/register', { username: 'dora', password: other, line });
    expect(errorOf(await login('dora'))).toBe('The username or the password is wrong.');
    expect(errorOf(await login('dora', other))).toContain('waits for an administrator');
  });

  test('is forgotten after thirty days, waiting or declined, and the name of who waited is free', async () => {
    await asking('erna');
    await decline(app.appPool, await waitingId('erna'));
    const { token } = await makeInvitation(app.pool, ofTheOperator);
    const fields = { username: 'erna', password, invitation: token };
    expect(
      (await stranger(app.url).submit(`/register?invitation=${token}`, fields, '/register')).status,
    ).toBe(303);
    await runCleanupJobs(app.appPool, Date.now() + registrationsKeptFor - 60_000);
    expect((await app.pool.query('select from registrations')).rowCount).toBe(2);
    await runCleanupJobs(app.appPool, Date.now() + registrationsKeptFor + 60_000);
    expect((await app.pool.query('select from registrations')).rowCount).toBe(0);
    expect(errorOf(await login('dora'))).toBe('The username or the password is wrong.');
    expect((await asking('dora')).status).toBe(303);
    expect((await asking('erna')).$('#username-error').text()).toContain('taken');
  });
});

test('of ten who ask for one name at two processes, and one with an invitation, one has it', async () => {
  const { token } = await makeInvitation(app.pool, ofTheOperator);
  const invited = stranger(app.url).submit(
    `/register?invitation=${token}`,
    { username: 'dora', password },
    '/register',
  );
  const askers = Array.from({ length: 10 }, (_, n) =>
    asking(n % 2 ? 'dora' : 'd0ra', [app, second][n % 2]!.url),
  );
  const answers = await Promise.all([invited, ...askers]);
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  const { rows } = await app.pool.query<{ count: number }>(
    `select (select count(*) from users where username in ('dora', 'd0ra'))::int
            + (select count(*) from registrations)::int as count`,
  );
  expect(rows[0]!.count).toBe(1);
});

test('of two who decide at the same moment, one does', async () => {
  await asking('dora');
  const id = await waitingId('dora');
  const done = await Promise.all([
    approve(app.appPool, id),
    decline(second.appPool, id),
    approve(second.appPool, id),
    decline(app.appPool, id),
  ]);
  expect(done.filter(Boolean)).toEqual(['dora']);
});

test('people with an invitation register at once; a void one does not', async () => {
  const { token } = await makeInvitation(app.pool, ofTheOperator);
  const page = await stranger(app.url).get(`/register?invitation=${token}`);
  expect(page.$('textarea')).toHaveLength(0);
  const guest = stranger(app.url);
  const fields = { username: 'guest-1', password };
  await guest.submit(`/register?invitation=${token}`, fields, '/register');
  expect(await isSignedIn(guest)).toBe(true);
  expect((await stranger(app.url).get(`/register?invitation=${token}`)).status).toBe(403);
});

test('of two who ask at the same moment, one leaves the notice', async () => {
  await makeAdmin(app, alice);
  const slow = await startApp(settings, patient(app.databaseUrl));
  onTestFinished(() => slow.close());
  let asked: Promise<Answer[]> | undefined;
  await transaction(app.pool, async (db) => {
    await db.query('set local idle_in_transaction_session_timeout = 0');
    await db.query(`select from users where username = 'alice' for update`);
    asked = Promise.all(['dora', 'erna'].map((name) => asking(name, slow.url)));
    await untilWaiting(app.pool, 2);
  });
  expect((await asked)!.map(({ status }) => status)).toEqual([303, 303]);
  const { rowCount } = await app.pool.query(
    `select from messages where body like 'Somebody asks to register%'`,
  );
  expect(rowCount).toBe(1);
});

test('administrators find one notice while it is unread, however many wait', async () => {
  await makeAdmin(app, alice);
  const noticesOf = async (person: Person) =>
    messagesOn(await person.get('/inbox')).filter(({ body }) => body.startsWith('Somebody asks to register'));
  await Promise.all(['dora', 'erna', 'fritz'].map((name, n) => asking(name, [app, second][n % 2]!.url)));
  expect(await noticesOf(alice)).toHaveLength(1);
  expect(await noticesOf(bob)).toHaveLength(0);
  const link = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
  expect((await alice.get(link)).$('.text a').attr('href')).toMatch(/\/admin\/registrations$/);
  await asking('gerda');
  const { rows } = await app.pool.query(
    `select count(*)::int as count from messages where body like 'Somebody asks to register%'`,
  );
  expect(rows).toEqual([{ count: 2 }]);
});

describe('the commands', () => {
  test('list who waits, oldest first, and decide', async () => {
    expect(await operator('registrations')).toMatchObject({ code: 0, out: '', err: 'Nobody waits.\n' });
    for (const name of ['zora', 'dora']) await asking(name);
    const { out } = await operator('registrations');
    expect(out).toMatch(/^username +asked +line\nzora .* I sing with Alice\ndora .* I sing with Alice\n$/);
    expect((await operator('registrations', 'approve', '@Dora')).out).toBe('dora is approved.\n');
    expect((await operator('registrations', 'decline', 'zora', '--json')).out).toBe(
      `${JSON.stringify({ username: 'zora', isApproved: false }, null, 2)}\n`,
    );
    expect(await operator('registrations', 'decline', 'zora')).toEqual({
      code: 1,
      out: '',
      err: 'private-messages: Nobody waits with the name "zora".\n',
    });
    expect((await login('dora')).status).toBe(303);
  });
});
