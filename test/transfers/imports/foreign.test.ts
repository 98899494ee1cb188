// Mail from other programs: its text is imported, and the rest is reported.
import { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { find } from '../../mailbox/search/found.ts';
import { startApp } from '../../support/app.ts';
import { registered, type Person } from '../../support/person.ts';
import { emptyReport, type ImportReport } from '../../../src/transfers/imports/import-report.ts';
import { readMbox } from '../../../src/transfers/imports/mbox-messages.ts';
import { imported, mboxOf } from './importing.ts';

let count = 0;
const app = await startApp();
afterAll(() => app.close());

interface Row {
  box: string;
  other: string;
  at: string;
  body: string;
}

/** What becomes of these mails, the oldest first, and what is said about them. */
async function after(...mails: string[]): Promise<{ rows: Row[]; line: string; person: Person }> {
  const person = await registered(app.url, `reader-${(count += 1)}`);
  const line = await imported(person, mboxOf(...mails));
  const { rows } = await app.pool.query<Row>(
    `select m.box, m.other_name as other, to_char(m.sent_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at, m.body
     from messages m join users u on u.id = m.owner_id where u.username = $1 order by m.id`,
    [person.username],
  );
  return { rows, line, person };
}

const sourceFor = (report: ImportReport) => ({ report, isSent: false, ownAddresses: new Set<string>() });
const from = 'From: Bob Smith <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n';

test('a plain mail keeps its time and has its subject above the text', async () => {
  const { rows, line, person } = await after(
    `${from}To: alice@example.org\nSubject: Lunch?\n\nAt noon?\n\n>From here on foot.`,
  );
  expect(line).toBe('Imported 1 message.');
  expect(rows).toEqual([
    {
      box: 'inbox',
      other: 'Bob Smith <bob@example.org>',
      at: '2020-11-24 02:27:57',
      body: 'Subject: Lunch?\nTo: alice@example.org\n\nAt noon?\n\nFrom here on foot.',
    },
  ]);
  expect(await find(person, 'from:bob@example.org')).toHaveLength(1);
});

test('headers and texts in many encodings are decoded', async () => {
  const { rows } = await after(
    `From: =?iso-8859-1?Q?Andr=E9?= <a@example.org>\nSubject: =?utf-8?B?8J+m?= =?utf-8?B?iSBvd2w=?=\nContent-Type: text/plain; charset="ISO-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\nCaf=E9 =\nau lait`,
    `From: b@example.org\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU`,
    `From: c@example.org\nContent-Type: text/plain; charset=never-heard-of\n\nplain`,
  );
  expect(rows.map(({ other, body }) => [other, body])).toEqual(
    expect.arrayContaining([
      ['André <a@example.org>', 'Subject: 🦉 owl\n\nCafé au lait'],
      ['b@example.org', 'Привет'],
      ['c@example.org', 'plain'],
    ]),
  );
});

test('the plain alternative is chosen, attachments are skipped and named, nested parts are found', async () => {
  const { rows, line } = await after(
    `${from}Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: multipart/alternative; boundary="in;ner"\n\n--in;ner\nContent-Type: text/plain\n\nPlain words\n--in;ner\nContent-Type: text/html\n\n<p>HTML words</p>\n--in;ner--\n\n--outer\nContent-Type: image/png; name="cat.png"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--outer\nContent-Type: text/plain\n\nA footer\n--outer--\nepilogue`,
  );
  expect(rows[0]!.body).toBe('Plain words\n\nA footer\n\n[An attachment was left out: cat.png]');
  expect(line).toBe('Imported 1 message. 1 attachment was skipped.');
});

test('an HTML-only mail becomes text', async () => {
  const { rows } = await after(
    `${from}Content-Type: text/html; charset=utf-8\n\n<html><head><title>No</title><style>p { color: red }</style></head><body><p>One &amp; two<br>three &lt;four&gt;</p><script>alert(1)</script><p>caf&#233;&nbsp;a < b</p></body></html>`,
  );
  expect(rows[0]!.body).toBe('One & two\nthree <four>\n\ncafé a < b');
});

test('hostile HTML and headers take no time', async () => {
  const mails = [
    `${from}Content-Type: text/html\n\n${'<script'.repeat(200_000)}`,
    `${from}Content-Type: text/html\n\n${'<'.repeat(900_000)}`,
    `${from}Content-Type: text/html\n\n${'<style>'.repeat(200_000)}`,
    `${from}Content-Type: text/plain; ${'a="'.repeat(60_000)}\n\nx`,
    `${from}Content-Type: text/plain; "${'\\"'.repeat(90_000)}\n\nx`,
    `${from}Content-Type: text/html\n\n${'&nbsp;'.repeat(150_000)}x`,
    `${from}\n\n${'\n'.repeat(900_000)}x`,
    `${from}Subject: ${'=?utf-8?B?'.repeat(20_000)}\n\nx`,
    `${from}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${' \t'.repeat(400_000)}x`,
  ];
  const startedAt = performance.now();
  const source = Readable.from([Buffer.from(mboxOf(...mails))]);
  let found = 0;
  for await (const copies of readMbox(source, sourceFor(emptyReport()))) found += copies.length;
  expect(found).toBeGreaterThanOrEqual(mails.length);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

const parts = (kind: string, ...inner: string[]) =>
  `Content-Type: multipart/${kind}; boundary=b\n\n${inner.map((part) => `--b\n${part}\n`).join('')}--b--`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const cases: [what: string, mail: string, body: string][] = [
  ['no kind of content', 'Content-Type: text\n\nHello', 'Hello'],
  ['an empty kind', 'Content-Type:\n\nHello', 'Hello'],
  ['a kind without semicolon', 'Content-Type: text/plain charset=us-ascii\n\nHello', 'Hello'],
  ['a comment', 'Content-Type: text/plain (plain)\n\nHello', 'Hello'],
  ['an unknown kind of text', 'Content-Type: text/markdown\n\n# Hello', '# Hello'],
  ['a text marked as attachment', 'Content-Disposition: attachment; filename=a.txt\n\nHello', 'Hello'],
  ['parts without a boundary', 'Content-Type: multipart/mixed\n\nHello', 'Hello'],
  [
    'a boundary that never comes',
    'Content-Type: multipart/mixed; boundary=b\n\n--c\n\nHällo\n--c--',
    '--c\n\nHällo\n--c--',
  ],
  [
    'such a boundary within others',
    parts('mixed', '\nBefore', 'Content-Type: multipart/alternative; boundary=c\n\nHello', '\nBehind'),
    'Before\n\nHello\n\nBehind',
  ],
  [
    'such a boundary beside other words',
    parts(
      'alternative',
      'Content-Type: text/html\n\n<p>HTML</p>',
      'Content-Type: multipart/related; boundary=c\n\nMIME',
    ),
    'HTML\n\nMIME',
  ],
  ['nothing but the last boundary', 'Content-Type: multipart/mixed; boundary=b\n\nHello\n--b--', 'Hello'],
  ['headers that a boundary cuts', 'Content-Type: multipart/mixed; boundary=b\n--b\n\nHello\n--b--', 'Hello'],
  [
    'a boundary after a long foreword for old programs, which is nobody’s',
    parts('mixed', '\nHello').replace('\n\n', `\n\n${'This is MIME.\n'.repeat(200_000)}`),
    'Hello',
  ],
  [
    'a file of no kind',
    parts('mixed', '\nSee', 'Content-Type: x; name=a.bin\n\nzz'),
    'See\n\n[An attachment was left out: a.bin]',
  ],
  [
    'an empty plain text beside one in HTML',
    parts('alternative', 'Content-Type: text/plain\n\n \n', 'Content-Type: text/html\n\n<p>Words</p>'),
    'Words',
  ],
  [
    'a calendar beside the words',
    parts('alternative', 'Content-Type: text/calendar\n\nBEGIN', 'Content-Type: text/html\n\n<p>Words</p>'),
    'Words',
  ],
  [
    'base64 in two blocks',
    `Content-Transfer-Encoding: base64\n\n${base64('Hello')}\n${base64(' again')}`,
    'Hello again',
  ],
  [
    'a footer behind base64',
    `Content-Transfer-Encoding: base64\n\n${base64('Hello')}\n_____\nThe list = a=b`,
    'Hello\n_____\nThe list = a=b',
  ],
  [
    'a space at the end of an encoded word',
    'Subject: =?utf-8?q?Sch=C3=B6ne_Gr=C3=BC=C3=9Fe_?=\n =?utf-8?q?aus_Wien?=\n\nx',
    'Subject: Schöne Grüße aus Wien\n\nx',
  ],
  [
    'a text behind a large attachment',
    parts('mixed', `Content-Type: x/y\n\n${'z\n'.repeat(600_000)}`, '\nFooter'),
    'Footer\n\n[An attachment was left out]',
  ],
];
test.each(cases)('no text is lost of a mail with %s', async (_, mail, body) => {
  const source = Readable.from([Buffer.from(mboxOf(mail))]);
  const copies = (await Array.fromAsync(readMbox(source, sourceFor(emptyReport())))).flat();
  expect(copies.map((copy) => copy.body)).toEqual([body]);
});

test('ten thousand recipients are shortened with a hint, and headers behind them are read', async () => {
  const recipients = Array.from({ length: 10_000 }, (_, n) => `person.${n}@example.org`);
  for (const joined of [recipients.join(',\n '), recipients.join(', ')]) {
    const { rows, line } = await after(
      `From: a@example.org\nTo: ${joined}\nSubject: Hi\nDate: Tue, 24 Nov 2020 03:27:57 +0100\nContent-Transfer-Encoding: base64\n\n${base64('The words')}`,
    );
    expect(rows).toMatchObject([{ at: '2020-11-24 02:27:57' }]);
    expect(rows[0]!.body).toMatch(/^Subject: Hi\nTo: person\.0@example\.org, .{1900,2000} …\n\nThe words$/);
    expect(line).toMatch(/1 text was too long/);
  }
});

test('reading stops at two hundred texts, a hundred nested parts and 200 kB of headers', async () => {
  const nest = (depth: number): string =>
    depth === 0
      ? '\nToo deep'
      : `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n${nest(depth - 1)}\n--b${depth}--`;
  const read = async (mail: string) => {
    const report = emptyReport();
    const source = Readable.from([Buffer.from(mboxOf(mail))]);
    return { report, body: (await Array.fromAsync(readMbox(source, sourceFor(report)))).flat()[0]!.body };
  };
  const many = await read(parts('mixed', ...Array.from({ length: 210 }, (_, n) => `\nText ${n}`)));
  expect(many.report.attachments.count).toBe(10);
  expect(many.body).toContain('Text 199\n');
  expect(many.body).not.toContain('Text 200');
  expect((await read(nest(100))).body).toBe('Too deep');
  expect((await read(nest(101))).body).toBe('[An attachment was left out]');
  const head = (lines: number) => `${'X: 89012345678901234567890\n'.repeat(lines)}Subject: Late\n\nx`;
  expect((await read(head(7000))).body).toBe('Subject: Late\n\nx');
  expect((await read(head(9000))).body).toBe('x');
});

test('a mail with our own headers is a mail like any other', async () => {
  const claims =
    'X-Private-Messages-Box: inbox\nX-Private-Messages-Notice: yes\nX-Private-Messages-Length: 4';
  const id = 'Message-ID: <019b7cbd-88ee-7000-8000-000000000001@private-messages.invalid>';
  const { rows } = await after(`${from}${claims}\n\nSpam`, `${from}${id}\n${claims}\n\nEggs`);
  expect(rows.map(({ other, body }) => `${other}: ${body}`).toSorted()).toEqual([
    'Bob Smith <bob@example.org>: Eggs',
    'Bob Smith <bob@example.org>: Spam',
  ]);
});

test('a mailbox may begin with a byte order mark', async () => {
  const person = await registered(app.url, 'marked');
  expect(await imported(person, `\uFEFF${mboxOf(`${from}\n\nx`, `${from}\n\ny`)}`)).toBe(
    'Imported 2 messages.',
  );
});

test('of very many parts with very long names most are skipped, with a hint', async () => {
  const names = Array.from(
    { length: 30_000 },
    (_, n) => `--a\nContent-Type: x/y; name="${n}${'n'.repeat(1900)}"\n\n`,
  );
  const { rows, line } = await after(
    `${from}Content-Type: multipart/mixed; boundary=a\n\n${names.join('')}`,
    `${from}Content-Type: multipart/mixed; boundary=a\n\n${'--a\n\n'.repeat(1_000_000)}--a\n\nToo late`,
  );
  const [named, blank] = rows.toSorted((one, other) => other.body.length - one.body.length);
  expect(named!.body).toMatch(
    /^\[The rest of this text was left out\]\n\n?\[An attachment was left out: 0n{199}\]\n/,
  );
  expect(named!.body.match(/An attachment/g)).toHaveLength(20);
  expect(blank!.body).not.toContain('Too late');
  expect(line).toContain('texts were too long');
});

test('a mail longer than a message becomes several, in order and complete', async () => {
  const text = Array.from({ length: 25_000 }, (_, n) => (n % 50 === 0 ? '🦉' : 'x')).join('');
  const { rows, line } = await after(`${from}Content-Type: text/plain; charset=utf-8\n\n${text}`);
  expect(rows.map(({ body }) => body.slice(0, 6))).toEqual(['(1/3)\n', '(2/3)\n', '(3/3)\n']);
  expect(rows.map(({ body }) => body.slice(6)).join('')).toBe(text);
  expect(line).toBe('Imported 3 messages. 1 long mail became several messages each.'.replace(' each', ''));
});

test('Gmail’s sent mail goes to Sent; an undated mail takes the previous one’s date, or is the oldest', async () => {
  const { rows, line } = await after(
    `${from}To: Carol <carol@example.org>\nX-Gmail-Labels: Opened,Sent\n\nMine`,
    'From: x@example.org\n\nUndated',
    'From: y@example.org\nDate: Fri, 31 Dec 2399 00:00:00 +0000\n\nFrom the future',
  );
  expect(rows.find(({ body }) => body.endsWith('Mine'))).toMatchObject({
    box: 'sent',
    other: 'Carol <carol@example.org>',
  });
  expect(rows.find(({ body }) => body === 'Undated')!.at).toBe('2026-11-24 03:27:57');
  // No mail of today says that it will be sent in a year: the line above it is believed instead.
  expect(rows.find(({ body }) => body === 'From the future')!.at).toBe('2026-11-24 03:27:57');
  expect(line).toMatch(/^Imported 3 messages\./);
});

test('importing a mailbox twice changes nothing', async () => {
  const mails = [`${from}Message-ID: <a@b>\n\nOnce`, `${from}\n\nTwice`, `${from}\n\n${'x'.repeat(12_000)}`];
  const { person } = await after(...mails);
  expect(await imported(person, mboxOf(...mails))).toMatch(
    /^Nothing was imported; 4 messages were here already\./,
  );
});
