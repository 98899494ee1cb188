// The name of the site and the line on its front page: on all pages, in files and apps, as text and never as markup.
import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findAccount } from '../../src/accounts/queries.ts';
import { changeSite } from '../../src/admin/site.ts';
import { makeInvitation, operator as ofTheOperator } from '../../src/accounts/invitations/queries.ts';
import { leaveNotice } from '../../src/mailbox/notices.ts';
import { runHere } from '../operator/command.ts';
import { makeAdmin } from '../support/admin.ts';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { newestOf } from '../support/inbox.ts';
import { stranger } from '../support/person.ts';
import { unzip } from '../support/zip.ts';
import { exportOf } from '../transfers/exports/exporting.ts';

const name = `Anna’s <b>Club</b> & "Żółw": 'one'`;
const line = `Where we <i>write</i> & "read"`;
const { app, alice, bob } = await cast();
const second = await startApp({ REGISTRATION: 'invite' }, app.databaseUrl);
afterAll(() => Promise.all([app.close(), second.close()]));
const operator = (...args: string[]) => runHere({ DATABASE_URL: app.databaseUrl }, ['site', ...args]);
const shown = (...[theName, theLine, registration = 'as REGISTRATION says']: string[]) =>
  `Name: ${theName}\nLine: ${theLine}\nRegistration: ${registration}\n`;
const brandAt = async (url: string) => (await stranger(url).get('/login')).$('.brand').text();

describe('a name', () => {
  beforeAll(async () => {
    await leaveNotice(app.pool, (await findAccount(app.pool, 'alice'))!.id, 'A word from the program');
    expect(await operator('--name', name, '--line', line)).toEqual({
      code: 0,
      out: shown(name, line),
      err: '',
    });
    for (const { url } of [app, second])
      await vi.waitUntil(async () => (await brandAt(url)) === name, { timeout: 30_000 });
  });

  test('is in the title and the head of every page', async () => {
    const pages = await Promise.all([
      ...['/', '/login', '/register', '/nothing-here'].map((path) => stranger(app.url).get(path)),
      ...['/inbox', '/send', '/account', '/help', '/nothing-here'].map((path) => alice.get(path)),
    ]);
    for (const { $, text } of pages) {
      expect($('title').text()).toMatch(new RegExp(` – ${RegExp.escape(name)}$`));
      expect($('.brand').text()).toBe(name);
      expect($('b')).toHaveLength(0);
      expect(text).not.toContain('Private Messages');
    }
  });

  test('is on the front page with the line', async () => {
    const { $ } = await stranger(app.url).get('/');
    expect($('h1').text()).toBe(name);
    expect($('.lead bdi').text()).toBe(line);
    expect($('i')).toHaveLength(0);
  });

  test('is that of the sender of notices, also when they are forwarded', async () => {
    expect(await newestOf(alice)).toEqual({ sender: name, body: 'A word from the program' });
    const address = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
    expect((await alice.get(address)).$('h1').text()).toBe(`From ${name}`);
    const forwarding = await alice.get(`/send?forward=${address.split('/').at(-1)}`);
    expect(forwarding.$('textarea[name=body]').text()).toContain(`Forwarded: from ${name}, `);
  });

  test('is in invitations', async () => {
    const { token } = await makeInvitation(app.pool, ofTheOperator);
    const { $ } = await stranger(second.url).get(`/register?invitation=${token}`);
    expect($('.lead').text()).toContain(`You are invited to ${name} on`);
  });

  test('is what authenticator apps and passkeys call the site', async () => {
    await alice.submit('/account/second-factor');
    const { $ } = await alice.get('/account/second-factor/set-up');
    const link = new URL($('a[href^="otpauth:"]').attr('href')!);
    const without = name.replace(':', ''); // a colon ends the name in the label
    expect(link.searchParams.get('issuer')).toBe(without);
    expect(decodeURIComponent(link.pathname)).toBe(`/${without}:alice@localhost`);
    const passkeys = await alice.get('/account/passkeys');
    const question = JSON.parse(passkeys.$('[data-passkey]').attr('data-passkey')!) as {
      create: { rp: { name: string } };
    };
    expect(question.create.rp.name).toBe(name);
  });

  test('is in exports, as text', async () => {
    const zip = await unzip(await exportOf(app.url, alice));
    const $ = load(zip.get('messages.html')!);
    expect($('h2').text()).toBe(`From ${name}`);
    expect($('b')).toHaveLength(0);
    const from = /^From: (.*(?:\n .*)*)$/m.exec(zip.get('mailbox.mbox')!)![1]!;
    const [, words, address] = /^(.*) <([^>]*)>$/s.exec(from)!;
    const decoded = words!.split(/\s+/).map((word) => Buffer.from(word.slice(10, -2), 'base64').toString());
    expect([decoded.join(''), address]).toEqual([name, 'pm@private-messages.invalid']);
  });

  test('is no password', async () => {
    await changeSite(app.pool, { name: 'Schachklub Oberau', line });
    await expect.poll(() => brandAt(app.url)).toBe('Schachklub Oberau');
    const { $ } = await stranger(app.url).submit('/register', {
      username: 'newcomer',
      password: 'schachklub1',
    });
    expect($('#password-error').text()).toContain('The name of this site is too easy to guess');
    await changeSite(app.pool, { name, line });
    await expect.poll(() => brandAt(app.url)).toBe(name);
  });

  test('costs no query', async () => {
    await app.pool.query('alter table site_facts rename to gone');
    expect((await alice.get('/inbox')).$('.brand').text()).toBe(name);
    await app.pool.query('alter table gone rename to site_facts');
  });

  test('of another site does not become that of imported notices', async () => {
    await app.pool.query(
      `insert into messages (owner_id, id, box, other_id, body, sent_at, origin)
       select id, gen_random_uuid(), 'inbox', '00000000-0000-0000-0000-000000000000', 'From elsewhere', now(),
              'imported notice' from users where username = 'bob'`,
    );
    expect(await newestOf(bob)).toEqual({ sender: 'Private Messages', body: 'From elsewhere' });
  });
});

describe('the command', () => {
  test('shows both, changes one alone, and removes them', async () => {
    await changeSite(app.pool, { name: 'Chess club', line: 'Tuesdays' });
    expect((await operator()).out).toBe(shown('Chess club', 'Tuesdays'));
    expect((await operator('--name', ' Chess  circle ', '--json')).out).toBe(
      `${JSON.stringify({ name: 'Chess circle', line: 'Tuesdays', registration: null }, null, 2)}\n`,
    );
    expect((await operator('--name=', '--line=')).out).toBe(shown('none', 'none'));
    await expect.poll(() => brandAt(app.url)).toBe('Private Messages');
  });

  test.each([
    [['--name', 'x'.repeat(61)], 'A name has at most 60 characters.'],
    [['--line', 'x'.repeat(201)], 'A line has at most 200 characters.'],
    [['--name', 'a\u202Eb'], 'invisible'],
    [['--name', 'two\nlines'], 'invisible'],
    [['--line', 'a\u200Bb'], 'invisible'],
    [['--line', `a${'\u0301'.repeat(9)}`], 'too many marks'],
    [['--name', '…'], 'at least one letter'],
  ])('refuses %j', async (args, words) => {
    const { code, err } = await operator(...args);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('and changes nothing by what it refuses', async () => {
    expect((await operator()).out).toBe(shown('none', 'none'));
  });
});

describe('who may register', () => {
  /** What a stranger is told at each of the two processes, where REGISTRATION is open and invite. */
  const told = () =>
    Promise.all([app, second].map(async ({ url }) => (await stranger(url).get('/register')).status));
  beforeAll(() => makeAdmin(app, alice));

  test.each([
    ['closed', [403, 403]],
    ['open', [200, 200]],
    ['invite', [403, 403]],
    ['approve', [200, 200]],
    ['', [200, 403]],
  ])('%j, chosen on the page, counts in every process', async (registration, expected) => {
    expect((await alice.submit('/admin/site', { name: '', line: '', registration })).status).toBe(303);
    expect((await told())[0]).toBe(expected[0]);
    await expect.poll(told).toEqual(expected);
    expect((await alice.get('/admin/site')).$('#registration option[selected]').attr('value')).toBe(
      registration,
    );
  });

  test('chosen by the command, until it is left to the setting again', async () => {
    expect((await operator('--registration', 'closed')).out).toBe(shown('none', 'none', 'closed'));
    await expect.poll(told).toEqual([403, 403]);
    expect((await stranger(app.url).get('/')).$('a[href="/register"]')).toHaveLength(0);
    expect((await operator('--registration=')).out).toBe(shown('none', 'none'));
    await expect.poll(told).toEqual([200, 403]);
  });

  test('nothing else can be chosen', async () => {
    const answer = await alice.submit('/admin/site', { name: '', line: '', registration: 'everybody' });
    expect([answer.status, answer.$('#registration-error').text()]).toEqual([
      422,
      'Please choose who may register.',
    ]);
    expect((await operator('--registration', 'everybody')).code).toBe(2);
    expect(await told()).toEqual([200, 403]);
  });
});

describe('the page', () => {
  const page = '/admin/site';
  beforeAll(() => makeAdmin(app, alice));

  test('sets both, and shows them at once', async () => {
    const saved = await alice.submit(page, { name: 'Rowing <club>', line: ' On  the river ' });
    expect([saved.status, saved.headers.location]).toEqual([303, page]);
    const { $ } = await alice.get(page);
    expect([$('.brand').text(), $('[role=status]').text()]).toEqual(['Rowing <club>', 'Saved.']);
    expect([$('#name').attr('value'), $('#line').attr('value')]).toEqual(['Rowing <club>', 'On the river']);
    const { rows } = await app.pool.query(
      'select command, options from operator_log order by id desc limit 1',
    );
    const options = ['--name=Rowing <club>', '--line=On the river', '--registration=default'];
    expect(rows).toEqual([{ command: 'site', options }]);
  });

  test('refuses what cannot be shown, and keeps what was typed', async () => {
    const answer = await alice.submit(page, { name: 'x'.repeat(61), line: 'a\u202Eb' });
    expect(answer.status).toBe(422);
    expect(answer.$('#name-error').text()).toBe('A name has at most 60 characters.');
    expect(answer.$('#line-error').text()).toContain('invisible');
    expect([answer.$('#name').attr('value'), answer.$('#line').attr('value')]).toEqual([
      'x'.repeat(61),
      'a\u202Eb',
    ]);
    expect((await operator()).out).toContain('Name: Rowing <club>');
  });

  test('removes them', async () => {
    await alice.submit(page, { name: '', line: '' });
    expect((await stranger(app.url).get('/')).$('h1').text()).toContain('Messages between people');
  });
});
