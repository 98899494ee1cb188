// What administrators see of people and do about them: the effect, the notice, the log; and never a message.
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listActs } from '../../src/admin/act-log.ts';
import { makeAdmin } from '../support/admin.ts';
import { withCodes } from '../support/authenticator.ts';
import { cast } from '../support/cast.ts';
import { messagesOn } from '../support/inbox.ts';
import { isSignedIn, stranger, type Answer, type Person } from '../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  await makeAdmin(app, alice);
});

const page = '/admin/people/bob';
const press = (act: string, fields = {}) => alice.submit(page, fields, `${page}/${act}`);
const lineOf = async (answer: Answer) =>
  (await alice.get(answer.headers.location!)).$('.flash').text().trim();
const notices = async (person: Person) => messagesOn(await person.get('/inbox')).map(({ body }) => body);

async function loggedIn({ username, password }: Person): Promise<Person> {
  const person = stranger(app.url, username, password);
  await person.submit('/login', { username, password });
  return person;
}

async function lastActs(count: number) {
  const names = new Map(
    (await app.pool.query<{ id: string; username: string }>('select id, username from users')).rows.map(
      ({ id, username }) => [id, username],
    ),
  );
  return (await listActs(app.pool))
    .slice(-count)
    .map(({ command, options, by, userId }) => [command, options, by, userId && names.get(userId)]);
}

describe('the list', () => {
  const namesOn = ({ $ }: Answer) =>
    $('.people .person')
      .toArray()
      .map((item) => $(item).attr('href')!.split('/').at(-1));

  test('finds people by part of either name, in any spelling', async () => {
    await app.pool.query(
      `update users set display_name = 'Zoë O''Hara', name_key = 'zoe o''hara' where username = 'charlie'`,
    );
    const found = async (q: string) =>
      namesOn(await alice.get(`/admin/people?${new URLSearchParams({ q }).toString()}`));
    expect(await found('')).toEqual(['alice', 'bob', 'charlie']);
    expect(await found(' LI')).toEqual(['alice', 'charlie']);
    expect(await found('ÖE o')).toEqual(['charlie']);
    for (const none of ['%', '_', 'bobb', '<b>', '\\', "'"])
      expect(await found(none), none).toEqual(none === "'" ? ['charlie'] : []);
    expect((await alice.get(`/admin/people?q=${'x'.repeat(101)}`)).status).toBe(400);
    expect((await alice.get('/admin/people?q[]=x')).status).toBe(400);
  });

  test('goes on page by page', async () => {
    await app.pool.query(
      `insert into users (id, username, password_hash)
       select gen_random_uuid(), 'many-' || lpad(n::text, 3, '0'), '' from generate_series(1, 60) n`,
    );
    const names: unknown[] = [];
    let address: string | undefined = '/admin/people?q=many';
    while (address) {
      const answer: Answer = await alice.get(address);
      names.push(...namesOn(answer));
      address = answer.$('.pages [rel=next]').attr('href');
    }
    expect([names.length, new Set(names).size, names[0], names.at(-1)]).toEqual([
      60,
      60,
      'many-001',
      'many-060',
    ]);
  });

  test('says when somebody was last seen, to the day', async () => {
    await app.pool.query(
      `update sessions set sess = sess || '{"seenAt": 1794900000000}'
       where user_id = (select id from users where username = 'bob')`,
    );
    for (const path of ['/admin/people', page]) {
      const { text } = await alice.get(path);
      expect(text).toContain('17 Nov 2026');
      expect(text).not.toMatch(/1794900000000|2026-11-17T|\d\d:\d\d/);
    }
  });

  test('shows the size of a mailbox, a second factor, and who is disabled or an administrator', async () => {
    await alice.send('bob', 'Seven b');
    await withCodes(charlie);
    await app.pool.query(`update users set disabled_at = now() where username = 'bob'`);
    const { $ } = await alice.get('/admin/people');
    const hints = $('.people .hint')
      .toArray()
      .map((item) => $(item).text());
    expect(hints[0]).toMatch(/^administrator · 1 message, 7 bytes · last seen/);
    expect(hints[1]).toMatch(/^disabled · 1 message, 7 bytes/);
    expect(hints[2]).toMatch(/^second factor · /);
  });
});

describe('an act leaves a notice, and is in the log with its administrator', () => {
  test('a reset link, shown once', async () => {
    const answer = await press('reset-link');
    expect(answer.headers.location).toBe(page);
    const link = (await alice.get(page)).$('#link').attr('value')!;
    expect((await alice.get(page)).$('#link')).toHaveLength(0);
    expect(await notices(bob)).toEqual([expect.stringContaining('An administrator made a link') as string]);
    expect(await lastActs(1)).toEqual([['reset-link', [], 'alice', 'bob']]);
    const password = 'another long enough one';
    expect((await stranger(app.url).submit(new URL(link).pathname, { password })).status).toBe(303);
    expect(await isSignedIn(bob)).toBe(false);
    expect(await isSignedIn(await loggedIn({ ...bob, password }))).toBe(true);
  });

  test('one that drops the second factor', async () => {
    await withCodes(bob);
    await press('reset-link', { dropsSecondFactor: 'yes' });
    expect((await notices(bob))[0]).toContain('your second factor, passkeys and recovery codes removed');
    expect(await lastActs(1)).toEqual([['reset-link', ['--drop-second-factor'], 'alice', 'bob']]);
    const link = (await alice.get(page)).$('#link').attr('value')!;
    const password = 'another long enough one';
    await stranger(app.url).submit(new URL(link).pathname, { password });
    expect(await isSignedIn(await loggedIn({ ...bob, password }))).toBe(true);
  });

  test('logging out everywhere', async () => {
    expect(await lineOf(await press('end-sessions'))).toBe('bob is logged out everywhere.');
    expect([await isSignedIn(bob), await isSignedIn(charlie)]).toEqual([false, true]);
    expect(await notices(await loggedIn(bob))).toContain(
      'An administrator ended all your sessions. You only need to log in again.',
    );
    expect(await lastActs(1)).toEqual([['sessions end', [], 'alice', 'bob']]);
  });

  test('disabling and enabling', async () => {
    expect(await lineOf(await press('disable'))).toBe('bob is disabled, and logged out everywhere.');
    expect(await isSignedIn(bob)).toBe(false);
    expect(await isSignedIn(await loggedIn(bob))).toBe(false);
    expect((await charlie.send('bob', 'Still arrives')).status).toBe(303);
    expect(await lineOf(await press('enable'))).toBe('bob is enabled.');
    expect(await notices(await loggedIn(bob))).toEqual(
      expect.arrayContaining(['Still arrives', 'An administrator enabled your account again.']),
    );
    expect(await lastActs(2)).toEqual([
      ['disable', [], 'alice', 'bob'],
      ['enable', [], 'alice', 'bob'],
    ]);
  });

  test('removing the display name', async () => {
    await bob.submit('/account/name', { displayName: 'Bobby' });
    expect((await alice.get(page)).$('h1').text()).toContain('Bobby');
    expect(await lineOf(await press('clear-name'))).toBe('bob has no display name any more.');
    expect((await alice.get(page)).$('h1').text()).not.toContain('Bobby');
    expect(await notices(bob)).toEqual(['An administrator removed your display name.']);
    expect(await lastActs(1)).toEqual([['name clear', [], 'alice', 'bob']]);
  });

  test('making an administrator, and ending it', async () => {
    expect(await lineOf(await press('make-administrator'))).toBe('bob is an administrator.');
    expect((await bob.get('/admin')).status).toBe(200);
    expect(await lineOf(await press('end-administrator'))).toBe('bob is no administrator any more.');
    expect((await bob.get('/admin')).status).toBe(404);
    expect(await notices(bob)).toEqual([
      'An administrator ended your rights as an administrator.',
      expect.stringMatching(/^An administrator made you an administrator/) as string,
    ]);
    expect(await lastActs(2)).toEqual([
      ['admin grant', [], 'alice', 'bob'],
      ['admin revoke', [], 'alice', 'bob'],
    ]);
  });

  test('deleting, with the name typed', async () => {
    const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'bob'`);
    await bob.send('charlie', 'Charlie keeps this');
    const wrong = await alice.submit(`${page}/delete`, { name: 'charlie' });
    expect([wrong.status, wrong.$('#name-error').text()]).toEqual([422, 'This is not the name.']);
    expect(await isSignedIn(bob)).toBe(true);
    const right = await alice.submit(`${page}/delete`, { name: ' @Bob ' });
    expect([right.headers.location, await lineOf(right)]).toEqual(['/admin/people', 'bob is deleted.']);
    expect(await isSignedIn(bob)).toBe(false);
    expect((await alice.get(page)).status).toBe(404);
    expect(await notices(charlie)).toEqual(['Charlie keeps this']);
    const last = (await listActs(app.pool)).at(-1)!;
    expect([last.command, last.by, last.userId, last.username]).toEqual([
      'delete',
      'alice',
      rows[0]!.id,
      null,
    ]);
  });

  test('what changes nothing says so, and leaves no notice', async () => {
    await press('make-administrator');
    await app.pool.query('delete from messages');
    const again = await alice.post(`${page}/make-administrator`, await alice.hidden('/sent', '/logout'));
    expect(await lineOf(again)).toBe('bob was an administrator already.');
    expect(await notices(bob)).toEqual([]);
  });
});

describe('the last administrator', () => {
  const own = '/admin/people/alice';

  test.each(['end-administrator', 'disable'])('stays one: %s', async (act) => {
    const answer = await alice.submit(own, {}, `${own}/${act}`);
    expect(await lineOf(answer)).toMatch(/^alice is the last administrator\. Nothing was changed/);
    expect((await alice.get('/admin')).status).toBe(200);
    await press('make-administrator');
    await app.pool.query(`update users set disabled_at = now() where username = 'bob'`); // cannot act
    expect(await lineOf(await alice.submit(own, {}, `${own}/${act}`))).toContain('last administrator');
    await app.pool.query(`update users set disabled_at = null where username = 'bob'`);
    await alice.submit(own, {}, `${own}/${act}`);
    expect((await alice.get('/admin')).status).not.toBe(200);
    expect((await (await loggedIn(bob)).get('/admin')).status).toBe(200);
  });

  test('is not deleted', async () => {
    const answer = await alice.submit(`${own}/delete`, { name: 'alice' });
    expect([answer.headers.location, await lineOf(answer)]).toEqual([
      own,
      expect.stringContaining('last administrator') as string,
    ]);
  });

  test('remains when two end each other’s rights at the same moment', async () => {
    await press('make-administrator');
    const forms = await Promise.all([alice.hidden('/sent', '/logout'), bob.hidden('/sent', '/logout')]);
    await Promise.all([
      alice.post('/admin/people/bob/end-administrator', forms[0]),
      bob.post('/admin/people/alice/end-administrator', forms[1]),
    ]);
    const { rowCount } = await app.pool.query('select from users where admin_since is not null');
    expect(rowCount).toBe(1);
  });
});

test('an administrator cannot read messages: the pages work without the right to read their text', async () => {
  await charlie.send('bob', 'Between the two of us');
  const change = (sql: string) => app.pool.query(sql);
  const readable = 'searched_messages, drafts, sent_forms, unread, conversations';
  await change(
    `revoke select on messages, ${readable} from private_messages_owner;
     grant select (owner_id, id, box, trashed_at) on messages to private_messages_owner;
     grant select (owner_id, id, is_quiet) on unread to private_messages_owner;
     grant select (owner_id) on drafts to private_messages_owner;
     grant select (owner_id, digest) on sent_forms to private_messages_owner`,
  );
  onTestFinished(() =>
    change(`grant select on messages, ${readable} to private_messages_owner`).then(() => {}),
  );
  expect((await bob.get('/inbox')).status).toBe(500);
  for (const path of [
    '/admin',
    '/admin/people',
    '/admin/people?q=o',
    page,
    `${page}/delete`,
    '/admin/invitations',
    '/admin/health',
  ]) {
    const answer = await alice.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.text).not.toContain('Between the two');
  }
  const acts = ['reset-link', 'end-sessions', 'clear-name', 'disable', 'enable', 'make-administrator'];
  for (const act of [...acts, 'end-administrator']) {
    const answer = await alice.post(`${page}/${act}`, await alice.hidden('/admin', '/logout'));
    expect([act, answer.status]).toEqual([act, 303]);
  }
  expect((await alice.submit(`${page}/delete`, { name: 'bob' })).status).toBe(303);
});
