// The limits in docs/limits.md are those of the program; those without another test are tested here.
import { readFileSync } from 'node:fs';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxBatch } from '../src/admin/announcements/announce.ts';
import { patienceMs as announcingPatienceMs } from '../src/admin/announcements/routes.ts';
import { maxDays } from '../src/admin/invitations/routes.ts';
import { maxLineLength } from '../src/admin/site.ts';
import { validForMs } from '../src/accounts/confirm-password.ts';
import { againAfterMs, maxAgeMs } from '../src/backups/trouble.ts';
import { maxNamesPerHour } from '../src/accounts/name-routes.ts';
import { maxBrowsers } from '../src/accounts/devices/queries.ts';
import { maxPasskeys } from '../src/accounts/passkeys/queries.ts';
import { maxHashes, passwordQueue } from '../src/accounts/passwords.ts';
import { maxCodeAttempts } from '../src/accounts/second-factor/code-attempts.ts';
import {
  maxLineLength as maxAboutLength,
  maxWaiting,
  registrationsKeptFor,
} from '../src/accounts/registrations/ask.ts';
import { patienceMs } from '../src/database/batches.ts';
import { timeouts } from '../src/database/session-settings.ts';
import { bodyLimit as longestMessage, maxRecipients } from '../src/mailbox/compose/message-form.ts';
import { maxPreservedDrafts, maxDrafts, maxDraftLength } from '../src/mailbox/drafts/limits.ts';
import { maxStreams, maxStreamsOfBrowser, maxStreamsOfPerson } from '../src/mailbox/live/streams.ts';
import { maxOpenReports, maxReportsPerDay } from '../src/mailbox/reports/report.ts';
import {
  maxOwnSearchesWaiting,
  maxSearches,
  maxSearchesWaiting,
  searchTimeout,
} from '../src/mailbox/search/search-limiter.ts';
import { maxSearchLength } from '../src/mailbox/search/search-words.ts';
import { maxSearched } from '../src/mailbox/people/queries.ts';
import { maxContacts } from '../src/mailbox/people/suggestions.ts';
import { maxSelected } from '../src/mailbox/selection.ts';
import {
  deletionsKeptFor,
  reportsKeptFor,
  sentFormsKeptFor,
  trashKeptFor,
} from '../src/process/cleanup-jobs.ts';
import {
  bodyTimeout,
  createBoundedServer,
  headersTimeout,
  idleTimeout,
  maxConnections,
  maxHeaderBytes,
} from '../src/process/server.ts';
import { largeFormBytes, largeFormPatience } from '../src/sessions/large-forms.ts';
import { insertSession, maxAge, maxIdle, maxSessions, newSessionId } from '../src/sessions/queries.ts';
import { maxFiles, maxReading } from '../src/transfers/imports/import-slots.ts';
import { maxEntries } from '../src/transfers/imports/read-zip.ts';
import { pieceSize } from '../src/transfers/imports/routes.ts';
import { maxUnpackedBytes, maxUnpackedRatio } from '../src/transfers/imports/unpacking.ts';
import { maxUploadBytes } from '../src/transfers/imports/upload.ts';
import { maxNameLength } from '../src/display-names.ts';
import { maxBodyBytes, maxFields } from '../src/web/forms.ts';
import { maxWaitingBytes } from '../src/web/log.ts';
import { pageSize } from '../src/web/paging.ts';
import { exchangeRaw, statusOf } from './support/bytes.ts';
import { cast } from './support/cast.ts';
import { startNginx, type Nginx } from './support/nginx.ts';
import { at, stranger, type Answer, type Person } from './support/person.ts';
import { projectFolder } from './support/program.ts';
import { available } from './support/required.ts';

const { app, alice, bob, charlie } = await cast({ TRUST_PROXY: '1' });
afterAll(() => app.close());
const sendPage = await alice.get('/send');

const read = (name: string) => readFileSync(`${projectFolder}${name}`, 'utf8');

describe('docs/limits.md says', () => {
  const table = new Map(
    read('docs/limits.md')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => [line.split('|')[1]!.trim(), line]),
  );
  const nginx = read('nginx/nginx.conf');
  const inNginx = (words: RegExp) => Number(words.exec(nginx)![1]);
  const lengthOf = (field: string) => Number(sendPage.$(field).attr('maxlength'));
  const day = 24 * 60 * 60 * 1000;
  const stated: [row: string, number: number, after?: string][] = [
    ['Connections', maxConnections],
    ['Connections', inNginx(/limit_conn clients (\d+)/), ' from one address'],
    ['Connections', inNginx(/worker_connections (\d+)/)],
    ['Slow clients', inNginx(/client_header_timeout (\d+)s/), ' s,'],
    ['Slow clients', inNginx(/client_body_timeout (\d+)s/), ' s between'],
    ['Slow clients', inNginx(/send_timeout (\d+)s/), ' s without taking'],
    ['Slow clients', headersTimeout / 1000, ' s,'],
    ['Slow clients', bodyTimeout / 1000, ' s in all'],
    ['Slow clients', idleTimeout / 1000, ' s without nginx'],
    ['Headers', maxHeaderBytes / 1024, ' kB without nginx'],
    ['Headers', inNginx(/large_client_header_buffers 2 (\d+)k/), ' kB'],
    ['A form', maxBodyBytes, ' bytes'],
    ['A form', maxFields, ' fields'],
    ['A form', lengthOf('textarea[name=body]'), ' and'],
    ['A form', lengthOf('input[name=recipient]'), ' characters'],
    ['Large forms', largeFormBytes, ' bytes'],
    ['Large forms', largeFormPatience / 1000, ' s of waiting'],
    ['People', maxSearched, ' people'],
    ['People', maxContacts, ' as suggestions'],
    ['Display names', maxNameLength, ' characters'],
    ['Display names', maxNamesPerHour, ' changes an hour'],
    ["The site's name, its line", maxNameLength, ' and'],
    ["The site's name, its line", maxLineLength, ' characters'],
    ['Registrations that wait', maxWaiting, ';'],
    ['Registrations that wait', maxAboutLength, ' characters'],
    ['Registrations that wait', registrationsKeptFor / day, ' days,'],
    ["Administrators' pages", validForMs / 60_000, ' minutes ago'],
    ['Announcements', longestMessage, ' characters'],
    ['Announcements', maxBatch, ' members'],
    ['Announcements', announcingPatienceMs / 1000, ' s of waiting'],
    ['Invitations', maxDays, ' days;'],
    ['Backups, rehearsals', maxAgeMs / day, ' days or'],
    ['Backups, rehearsals', againAfterMs / day, ' days;'],
    ['Backups, rehearsals', deletionsKeptFor / day, ' days'],
    ['Reports', maxReportsPerDay, ' in a day'],
    ['Reports', maxOpenReports, ' open ones'],
    ['Reports', longestMessage, ' characters'],
    ['Reports', reportsKeptFor / day, ' days'],
    ['A message', longestMessage, ' characters'],
    ['A message', maxRecipients, ' recipients'],
    ['Known browsers', maxBrowsers, ' a person'],
    ['Drafts', maxDrafts, ' a person'],
    ['Drafts', maxPreservedDrafts, ' with'],
    ['Drafts', maxDraftLength.body, ' characters'],
    ['The trash, what was sent', trashKeptFor / day, ' days;'],
    ['The trash, what was sent', sentFormsKeptFor / day, ' days'],
    ['Logins', maxSessions, ' browsers'],
    ['Logins', maxIdle / day, ' days unused'],
    ['Logins', maxAge / day, ' days in all'],
    ['Password checks', maxHashes, ' at most'],
    ['Password checks', passwordQueue.mayWait, ' wait'],
    ['Password checks', passwordQueue.patience / 1000, ' s at most'],
    ['Second factor', maxCodeAttempts, ' wrong codes'],
    ['Second factor', maxPasskeys, ' passkeys'],
    ['Pages with live updates', maxStreamsOfBrowser, ' a browser'],
    ['Pages with live updates', maxStreamsOfPerson, ' a person'],
    ['Pages with live updates', maxStreams, ' a process'],
    ['Connections to PostgreSQL', app.appPool.options.connectionTimeoutMillis! / 1000, ' s'],
    ['A statement, a search', Number(timeouts.statement_timeout) / 1000, ' s'],
    ['A statement, a search', Number(timeouts.lock_timeout) / 1000, ' s of them'],
    ['A statement, a search', maxSearchLength, ' characters'],
    ['Searching', maxSearches, ' in all at once'],
    ['Searching', maxOwnSearchesWaiting, ' more of a person'],
    ['Searching', maxSearchesWaiting, ' in all wait'],
    ['Searching', searchTimeout / 1000, ' s at most'],
    ['Logs', maxWaitingBytes / 1_000_000, ' MB of lines'],
    ['An import', maxUploadBytes / 1_000_000_000, ' GB,'],
    ['An export', maxUploadBytes / 1_000_000_000, ' GB at most'],
    ['An import', maxUnpackedBytes / 1_000_000_000, ' GB unpacked'],
    ['An import', maxUnpackedRatio, ' times its size'],
    ['An import', maxEntries, ' files'],
    ['An import', pieceSize / 1000, ' kB every 30 s'],
    ['An import', maxFiles, ' at once'],
    ['An import', maxReading, ' of them being read'],
    ['Rows', pageSize, ' a page'],
    ['Rows', maxSelected, ' chosen'],
    ['Rows', patienceMs / 1000, ' s of work'],
  ];
  test.each(stated)('%s: %d%s', (row, number, after = '') => {
    expect(table.get(row)).toMatch(new RegExp(`[ (]${number.toLocaleString('en')}${after}`));
  });
});

test('the hundred and first login signs out the browser that logged in longest ago', async () => {
  const second = stranger(app.url);
  await second.submit('/login', { username: 'bob', password: bob.password });
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'bob'`);
  const soon = Date.now() + 60_000;
  for (let i = 3; i <= maxSessions; i += 1) {
    const data = { cookie: {}, startedAt: soon, seenAt: soon } as never;
    await insertSession(app.pool, newSessionId(rows[0]!.id), data);
  }
  for (const browser of [bob, second]) expect((await browser.get('/inbox')).status).toBe(200);

  const latest = stranger(app.url);
  expect((await latest.submit('/login', { username: 'bob', password: bob.password })).status).toBe(303);
  expect((await bob.get('/inbox')).headers.location).toContain('/login');
  for (const browser of [second, latest, alice]) expect((await browser.get('/inbox')).status).toBe(200);
});

test('a connection beyond the limit is closed, and accepted when there is room', async () => {
  const server = createBoundedServer((_req, res) => res.end('served'), 2);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open: Socket[] = [];
  for (let i = 0; i < 2; i += 1) {
    const socket = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
    open.push(socket);
  }
  const ask = () => exchangeRaw(url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await ask()).toBe('');
  open[0]!.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(statusOf(await ask())).toBe(200);
  open[1]!.destroy();
  server.close();
});

test('headers are accepted up to the stated limit only', async () => {
  const head = (bytes: number) =>
    `GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`;
  expect(statusOf(await exchangeRaw(app.url, head(maxHeaderBytes - 200)))).toBe(200);
  expect(statusOf(await exchangeRaw(app.url, head(maxHeaderBytes + 200)))).toBe(431);
});

// Three bytes in UTF-8, nine in a form: the most that one unit of a maxlength can take.
const fill = (page: Answer, field: string) => 'ह'.repeat(Number(page.$(field).attr('maxlength')));

async function expectAllGivenBack(person: Person): Promise<void> {
  const page = await person.get('/send');
  const [recipient, body] = [fill(page, 'input[name=recipient]'), fill(page, 'textarea[name=body]')];
  for (const action of ['/send', '/drafts']) {
    const fields = { ...(await person.hidden('/send')), recipient, body, _csrf: 'too old' };
    const answer = await person.post(action, fields);
    expect(answer.status).toBe(403);
    expect(answer.$('textarea[name=body]').text()).toBe(body);
    expect(answer.$('input[name=recipient]').attr('value')).toBe(recipient);
  }
}

test('the longest fields of a message are read and shown again', async () => {
  await expectAllGivenBack(alice);
});

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx(app.url);
  });
  afterAll(() => nginx?.close());

  test('the same fields pass', async () => {
    await expectAllGivenBack(at(nginx.url, charlie));
  });

  test('too many headers get our error page, before the app would close the connection', async () => {
    const asked = (count: number) =>
      stranger(nginx.url).ask(
        'get',
        '/login',
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, 'x'.repeat(1000)])),
      );
    expect((await asked(15)).status).toBe(200);
    const refused = await asked(18);
    expect(refused.status).toBe(400);
    expect(refused.$('h1').text()).toBe('Nothing here');
  });
});
