// An export has everything of its user, unchanged, and nothing of others.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { leaveNotice } from '../../../src/mailbox/notices.ts';
import { cast } from '../../support/cast.ts';
import { deletionOf } from '../../support/inbox.ts';
import { idOf } from '../../support/mailboxes.ts';
import { softPasskey, withPasskey } from '../../support/passkey.ts';
import { registered, stranger } from '../../support/person.ts';
import { available, pathOf } from '../../support/required.ts';
import { unzip } from '../../support/zip.ts';
import { exportOf } from './exporting.ts';
import { awkwardTexts } from './texts.ts';

let zip: Map<string, string>;
let bytes: Buffer;
const { app, alice } = await cast();
const bob = await registered(app.url, 'bob.b-');
beforeAll(async () => {
  for (const text of awkwardTexts) await bob.send('alice', text);
  await alice.submit('/account/name', { displayName: 'Alice Żak', isListed: 'yes' });
  await alice.send('bob.b-', 'An answer');
  await alice.send('alice', 'A note to myself');
  const dora = await registered(app.url, 'dora');
  await dora.send('alice', 'From somebody who leaves');
  await dora.submit('/account/delete', { password: dora.password });
  await leaveNotice(app.pool, (await findAccount(app.pool, 'alice'))!.id, 'A login from a new browser.');
  await alice.submit('/inbox', {}, deletionOf(await alice.get('/inbox'), 'Hello'));
  const dot = `/messages/${await idOf(app.pool, alice, '.')}`;
  await alice.get(dot);
  await alice.submit(`${dot}/report`, { words: 'It is only a dot' });
  await bob.send('dora', 'Not for alice');
  const form = await alice.hidden('/send');
  await alice.post('/drafts', { ...form, recipient: 'bob', body: 'Begun, not sent' });
  await withPasskey(alice, softPasskey(), 'Telephone');
  bytes = await exportOf(app.url, alice);
  zip = await unzip(bytes);
});
afterAll(() => app.close());

interface Json {
  id: string;
  box: string;
  with: string | null;
  notice: boolean;
  sentAt: string;
  unread: boolean;
  trashedAt: string | null;
  body: string;
}
const messages = () => JSON.parse(zip.get('messages.json')!) as Json[];
const withBody = (body: string) => messages().filter((message) => message.body === body);

test('is a zip of four files, named after user and day', async () => {
  expect([...zip.keys()]).toEqual(['account.json', 'messages.json', 'mailbox.mbox', 'messages.html']);
  const answer = await alice.submit('/account/export');
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/zip',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  expect(answer.headers['content-disposition']).toMatch(
    /^attachment; filename="alice-\d{4}-\d\d-\d\d\.zip"$/,
  );
});

describe('messages.json', () => {
  test('has the exact text of every message, both directions, oldest first, one per line', () => {
    const rows = messages();
    for (const text of awkwardTexts) expect(withBody(text), text.slice(0, 30)).toHaveLength(1);
    expect(withBody('An answer')).toMatchObject([
      { box: 'sent', with: 'bob.b-', unread: false, trashedAt: null },
    ]);
    expect(
      withBody('A note to myself')
        .map(({ box }) => box)
        .toSorted(),
    ).toEqual(['inbox', 'sent']);
    expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).toSorted());
    expect(zip.get('messages.json')!.split('\n')).toHaveLength(rows.length + 3);
  });

  test('marks messages that are in the trash, unread, from the program or from a deleted account', () => {
    const [trashed] = withBody('Hello');
    expect(trashed).toMatchObject({ box: 'inbox', with: 'bob.b-', unread: true });
    expect(trashed!.trashedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(withBody('.')).toMatchObject([{ unread: false, trashedAt: null }]);
    expect(withBody('A login from a new browser.')).toMatchObject([
      { notice: true, with: null, unread: true },
    ]);
    expect(withBody('From somebody who leaves')).toMatchObject([{ notice: false, with: null }]);
  });

  test('has times with their zone, equal to those in the ids', () => {
    for (const { id, sentAt } of messages()) {
      expect(sentAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(Date.parse(sentAt));
    }
  });
});

test('account.json has the profile, devices, credentials and drafts', async () => {
  const account = JSON.parse(zip.get('account.json')!) as Record<string, unknown> & { devices: object[] };
  expect(Object.keys(account)).toEqual([
    'server',
    'exportedAt',
    'username',
    'displayName',
    'isListed',
    'registeredAt',
    'timeZone',
    'devices',
    'secondFactor',
    'passkeys',
    'contacts',
    'reports',
    'drafts',
  ]);
  expect([account.username, account.displayName, account.isListed]).toEqual(['alice', 'Alice Żak', true]);
  expect(account.devices).toMatchObject([{ browser: 'an unknown browser' }]);
  expect(account.secondFactor).toEqual({ codesSince: null, passkeySince: null });
  expect(account.passkeys).toMatchObject([{ name: 'Telephone', lastUsedAt: null }]);
  expect(account.reports).toMatchObject([
    {
      about: 'bob.b-',
      message: { body: '.' },
      words: 'It is only a dot',
      lookedAt: [],
      closedAt: null,
      answer: '',
    },
  ]);
  expect(account.drafts).toMatchObject([{ to: 'bob', body: 'Begun, not sent' }]);
});

test('the export has only the names of others, and no secrets', async () => {
  const whole = [...zip.values()].join('\n');
  const { rows } = await app.pool.query<{ secret: string }>(
    `select id::text as secret from users union select password_hash from users where password_hash <> ''
     union select sid from sessions union select credential_id from passkeys union select sess ->> 'csrfSecret'
       from sessions
     union select m.id::text from messages m where owner_id <> (select id from users where username = 'alice')
     union select twin_id::text from messages where twin_id is not null and owner_id = (select id from users
       where username = 'alice')
       and twin_id not in (select id from messages where owner_id = (select id from users where username = 'alice'))`,
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const { secret } of rows) expect(whole).not.toContain(secret);
  expect(whole).not.toContain('Not for alice');
  expect(whole).not.toContain(Buffer.from('Not for alice').toString('base64'));
});

test('messages.html reads like the mailbox, has no script and loads nothing', () => {
  const html = zip.get('messages.html')!;
  const $ = load(html);
  expect($('article').length).toBe(messages().length);
  const shown = $('article')
    .toArray()
    .map((article) => $('.text', article).text());
  expect(shown).toEqual(messages().map(({ body }) => body));
  expect(
    $('h2')
      .toArray()
      .map((name) => $(name).text()),
  ).toContain('From Private Messages');
  expect(
    $('h2')
      .toArray()
      .map((name) => $(name).text()),
  ).toContain('From deleted account');
  expect(
    $('h2')
      .toArray()
      .map((name) => $(name).text()),
  ).toContain('To bob.b-');
  expect($('script, link, img, iframe, form, a').length).toBe(0);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(
    $('article .when')
      .toArray()
      .filter((line) => $(line).text().includes('in the trash since')),
  ).toHaveLength(1);
});

describe.skipIf(!available('python3'))('mailbox.mbox, read by Python,', () => {
  interface Mail {
    hash: string;
    from: string[];
    to: string;
    date: string;
    id: string;
    status: string;
    box: string;
    trashed: string | null;
    defects: number;
  }
  const script = `
import mailbox, hashlib, json, sys, email.policy, email.utils
from email.header import decode_header, make_header
mails = []
for mail in mailbox.mbox(sys.argv[1]):
    text = mail.get_payload(decode=True)
    mails.append({'hash': hashlib.sha256(text).hexdigest(), 'from': email.utils.parseaddr(str(make_header(decode_header(mail['From'])))),
      'to': email.utils.parseaddr(mail['To']), 'date': email.utils.parsedate_to_datetime(mail['Date']).isoformat(), 'id': mail['Message-ID'],
      'status': mail['Status'], 'box': mail['X-Private-Messages-Box'], 'trashed': mail['X-Private-Messages-Trashed-At'],
      'type': mail.get_content_type(), 'charset': mail.get_content_charset(), 'defects': len(mail.defects)})
print(json.dumps(mails))`;
  let mails: Mail[];
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'pm-mbox-'));
    writeFileSync(join(folder, 'mailbox.mbox'), zip.get('mailbox.mbox')!);
    const said = execFileSync(pathOf('python3')!, ['-c', script, join(folder, 'mailbox.mbox')], {
      maxBuffer: 1e8,
    });
    rmSync(folder, { recursive: true });
    mails = JSON.parse(String(said)) as Mail[];
  });

  test('has as many mails as there are messages, with the same texts', () => {
    const hashes = messages().map(({ body }) => createHash('sha256').update(body).digest('hex'));
    expect(mails.map(({ hash }) => hash)).toEqual(hashes);
    expect(mails.map(({ defects }) => defects)).toEqual(mails.map(() => 0));
  });

  test('has sender, recipient, time with zone, and the unread and trash marks', () => {
    for (const [index, { id, box, sentAt, unread, trashedAt }] of messages().entries()) {
      const mail = mails[index]!;
      expect(mail).toMatchObject({ id: `<${id}@private-messages.invalid>`, box, trashed: trashedAt });
      expect(Date.parse(mail.date)).toBe(Math.floor(Date.parse(sentAt) / 1000) * 1000);
      expect(mail.date).toMatch(/\+00:00$/);
      expect(mail.status).toBe(unread ? 'O' : 'RO');
    }
    const senders = new Set(mails.map(({ from }) => from.join()));
    expect(senders).toContain('bob.b-,bob.b-@private-messages.invalid');
    expect(senders).toContain('Private Messages,pm@private-messages.invalid');
    expect(senders).toContain('deleted account,na@private-messages.invalid');
    expect(senders).toContain('me,me@private-messages.invalid');
  });
});

test('an empty mailbox can be exported', async () => {
  const empty = await registered(app.url, 'emptyhanded');
  const files = await unzip(await exportOf(app.url, empty));
  expect(files.get('messages.json')).toBe('[\n]\n');
  expect(files.get('mailbox.mbox')).toBe('');
});

describe('the page', () => {
  test('is linked from the account and requires a confirmed password', async () => {
    expect((await alice.get('/account')).$('a[href="/account/export"]')).toHaveLength(1);
    await app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
    const fields = await alice.hidden('/account', '/logout');
    for (const answer of [await alice.get('/account/export'), await alice.post('/account/export', fields)]) {
      expect(answer.status).toBe(303);
      expect(answer.headers.location).toBe('/account/confirm?next=%2Faccount%2Fexport');
    }
    const confirmPassword = '/account/confirm?next=/account/export';
    const back = await alice.submit(confirmPassword, { password: alice.password }, '/account/confirm');
    expect(back.headers.location).toBe('/account/export');
    expect((await alice.get('/account/export')).$('h1').text()).toBe('Export');
  });

  test('redirects signed-out users to the login, and refuses forged forms and other methods', async () => {
    expect((await stranger(app.url).get('/account/export')).headers.location).toBe(
      '/login?next=%2Faccount%2Fexport',
    );
    expect((await stranger(app.url).post('/account/export')).headers.location).toBe('/login');
    expect((await alice.post('/account/export')).status).toBe(403);
    expect((await alice.post('/account/export', { _csrf: 'forged' })).status).toBe(403);
    expect((await alice.ask('put', '/account/export')).status).toBe(405);
  });
});
