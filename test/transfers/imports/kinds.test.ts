// More kinds of mail: mailbox separators, charsets, dates, sent mail, file formats.
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { readMailDate } from '../../../src/transfers/mime/mail-date.ts';
import { zipped } from '../../support/zip.ts';
import { mboxOf } from './importing.ts';
import { bodyOf, readBytes } from './reading.ts';

const from = 'From: Bob <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n';
const mail = (text: string, headers = '') => `${from}${headers}\n${text}\n`;

describe('a mail begins at', () => {
  test.each([
    'From bob@example.org Tue Nov 24 03:27:57 2020',
    'From bob@example.org Tue Nov 24 03:27:57',
    'From bob@example.org  Tue, 24 Nov 2020 03:27:57 +0100',
    'From "bob smith"@example.org Tue Nov 24 03:27 CET 2020',
    'From - Tue Nov 24 03:27:57 2020',
    'From MAILER-DAEMON Tue Nov 24 03:27:57 2020 remote from example',
    'From bob at example.org 2020-11-24 03:27:57',
    'From -',
    'From ',
    'From bob',
    'From ???@???',
  ])('“%s”, with or without a blank line before it', async (border) => {
    for (const end of ['\n', '\r\n', '\r'])
      for (const blank of ['\n', '']) {
        const file = `${border}\n${mail('One')}${blank}${border}\n${mail('Two')}`.replaceAll('\n', end);
        const { copies } = await readBytes(file);
        expect(copies.map(({ body }) => body)).toEqual(['One', 'Two']);
      }
  });

  test('a separator with a date, also directly after a text and before a single header', async () => {
    const file =
      mboxOf(mail('One')).trimEnd() +
      '\nFrom bob@example.org Tue Nov 24 03:27:57 2020\nSubject: Two\n\nTwo\n';
    const { copies } = await readBytes(file);
    expect(copies.map(({ body }) => body)).toEqual(['One', 'Subject: Two\n\nTwo']);
  });

  test.each([
    'From the harbour we left on 24 Nov 2020',
    'From Monday on, and until Tuesday Nov 24 03:27 we are away.',
    'From here:\nnothing: follows',
    'From 2018 to 2019',
    'From: a sentence',
    'From',
  ])('but not at a sentence: “%s”', async (line) => {
    expect(await bodyOf(mboxOf(mail(`Before\n\n${line}\nbehind`)))).toBe(`Before\n\n${line}\nbehind`);
  });
});

test('nothing is lost after an unterminated attachment', async () => {
  const open = `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne\n--b\nContent-Type: x/y; name=a\n\nzzzz`;
  const { copies } = await readBytes(
    `From a Tue Nov 24 03:27:57 2020\n${open}\nFrom b Tue Nov 24 03:28:57 2020\n${mail('Two')}`,
  );
  expect(copies.map(({ body }) => body)).toEqual(['One\n\n[An attachment was left out: a]', 'Two']);
});

test('Content-Length is used only if the next mail begins right after it', async () => {
  const text = 'Look:\n\nFrom a Tue Nov 24 03:27:57 2020\nSubject: quoted\nTo: nobody\n\nIn the text.\n';
  const next = `From b Tue Nov 24 03:28:57 2020\n${mail('Two')}`;
  const start = `From a Tue Nov 24 03:27:57 2020\n${from}`;
  const believed = await readBytes(`${start}Content-Length: ${text.length}\n\n${text}\n${next}`);
  expect(believed.copies.map(({ body }) => body)).toEqual([text.trimEnd(), 'Two']);
  const atEnd = await readBytes(`${start}Content-Length: ${text.length}\n\n${text}`);
  expect(atEnd.copies.map(({ body }) => body)).toEqual([text.trimEnd()]);
  for (const wrong of [text.length + 5, 3, 99_999_999, 0]) {
    const { copies } = await readBytes(`${start}Content-Length: ${wrong}\n\n${text}\n${next}`);
    expect(copies.map(({ body }) => body).at(-1)).toBe('Two');
    expect(copies).toHaveLength(3);
  }
});

describe('decodes', () => {
  const encode = (text: string, charset: string) => iconv.encode(text, charset);
  test.each([
    ['cp437', 'Füße für zehn £', (text: string) => encode(text, 'cp437')],
    ['IBM850', 'Größe', (text: string) => encode(text, 'cp850')],
    ['cp852', 'Zażółć gęślą', (text: string) => encode(text, 'cp852')],
    ['cp866', 'Привет', (text: string) => encode(text, 'cp866')],
    ['cp949', '똠방각하', (text: string) => encode(text, 'cp949')],
    ['windows-31j', '髙橋さん①', (text: string) => encode(text, 'cp932')],
    ['big5-hkscs', '你好', (text: string) => encode(text, 'big5')],
    ['windows-1255', 'שלום', (text: string) => encode(text, 'windows-1255')],
    ['windows-1256', 'مرحبا', (text: string) => encode(text, 'windows-1256')],
    ['iso-8859-7', 'Καλημέρα', (text: string) => encode(text, 'iso-8859-7')],
    ['koi8-u', 'Їжак', (text: string) => encode(text, 'koi8-u')],
    ['utf-7', 'Grüße & +Plus', (text: string) => encode(text, 'utf-7')],
    ['utf-16', 'Grüße', (text: string) => encode(text, 'utf-16')],
    ['utf-16be', 'Grüße', (text: string) => encode(text, 'utf-16be')],
    ['utf-32le', 'Grüße', (text: string) => encode(text, 'utf-32le')],
    ['us-ascii', 'Grüße 🦉', (text: string) => Buffer.from(text)],
    ['iso-8859-1', 'Grüße 🦉', (text: string) => Buffer.from(text)],
    ['never-heard-of', 'Grüße', (text: string) => encode(text, 'latin1')],
    ['', 'Grüße', (text: string) => encode(text, 'latin1')],
    ['utf-8', 'Grüße', (text: string) => encode(text, 'latin1')],
    ['hz-gb-2312', '你好', () => Buffer.from('~{Dc:C~}')],
    ['iso-2022-kr', '오늘', () => Buffer.from('\u001B$)C\u000E?@4C\u000F')],
    ['iso-2022-jp', 'これは', () => Buffer.from('\u001B$B$3$l$O\u001B(B')],
    ['', 'これは', () => Buffer.from('\u001B$B$3$l$O\u001B(B')],
  ])('%s: %s', async (charset, text, bytesOf) => {
    const bytes = bytesOf(text).toString('base64');
    const type = charset ? `Content-Type: text/plain; charset="${charset}"\n` : '';
    expect(await bodyOf(mboxOf(mail(bytes, `${type}Content-Transfer-Encoding: base64\n`)))).toBe(text);
    if (!charset) return;
    expect(await bodyOf(mboxOf(mail('x', `Subject: =?${charset}?B?${bytes}?=\n`)))).toBe(
      `Subject: ${text}\n\nx`,
    );
  });

  test('a charset declared only in the HTML', async () => {
    const page = Buffer.from(
      '<html><head><meta http-equiv=Content-Type content="text/html; charset=koi8-r"><body>\xF0\xD2\xC9\xD7\xC5\xD4',
      'latin1',
    );
    const headers = 'Content-Type: text/html\nContent-Transfer-Encoding: base64\n';
    expect(await bodyOf(mboxOf(mail(page.toString('base64'), headers)))).toBe('Привет');
  });

  test('one broken byte costs one replacement character', async () => {
    const broken = (charset: string, text: string) => {
      const [start = '', end = ''] = text.split('|');
      const bytes = Buffer.concat([encode(start, charset), Buffer.from([0xff]), encode(end, charset)]);
      return bodyOf(
        mboxOf(
          mail(
            bytes.toString('base64'),
            `Content-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: base64\n`,
          ),
        ),
      );
    };
    expect(await broken('utf-8', 'Grüße aus Köln| und Düsseldorf')).toBe(
      'Grüße aus Köln\uFFFD und Düsseldorf',
    );
    expect(await broken('euc-jp', '今日は|良い天気')).toBe('今日は\uFFFD良い天気');
    expect(await broken('gbk', '今天天气| 很好')).toBe('今天天气\uFFFD 很好');
  });
});

test.each([
  ['Tue, 24 Nov 2020 03:27:57 MEZ', '2020-11-24T02:27:57.000Z'],
  ['24 Nov 2020 03:27:57 +01:00 (CET (winter))', '2020-11-24T02:27:57.000Z'],
  ['2020-11-24 03:27:57+0100', '2020-11-24T02:27:57.000Z'],
  ['Tue, 24-Nov-20 03:27 EST', '2020-11-24T08:27:00.000Z'],
  ['mar., 24 nov. 2020 03:27:57 UTC+1', '2020-11-24T02:27:57.000Z'],
  ['Di, 24. Nov 2020 03:27:57', '2020-11-24T03:27:57.000Z'],
  ['24.11.2020 03:27', '2020-11-24T03:27:00.000Z'],
  ['Tuesday, November 24, 2020 12:05 AM', '2020-11-24T00:05:00.000Z'],
  ['Sat, 29 Feb 2020 24:00:00 +0000', undefined],
  ['Sun, 29 Feb 2021 10:00:00 +0000', undefined],
  ['Tue, 24 Nov 2020 03:27:57 +9900', undefined],
  ['11/12/2020 03:27', undefined],
  ['yesterday', undefined],
  ['Tue, 24 Nov 9999 03:27:57 +0000', undefined],
])('the date “%s”', (text, right) => {
  const at = readMailDate(text);
  expect(at === undefined ? undefined : new Date(at).toISOString()).toBe(right);
});

test('an invalid date is reported, and the delivery date is used if there is one', async () => {
  const bad = 'From: b@example.org\nSubject: Odd\nDate: Tue, 31 Feb 2020 03:27:57 +0000\n';
  const received = await readBytes(mboxOf(`${bad}Received: by x; Wed, 1 Jan 2020 00:00:00 +0000\n\nx`));
  expect(received.copies[0]!.sentAt.toISOString()).toBe('2020-01-01T00:00:00.000Z');
  expect(received.said).toMatch(/^1 mail had an invalid date/);
  expect(received.report.misdated.examples).toEqual(['“Odd”: Tue, 31 Feb 2020 03:27:57 +0000']);
  const alone = await readBytes(`${bad}\nx`);
  expect(alone.said).toMatch(/^1 mail without a date is the oldest now/);
  expect(alone.report.undated.examples).toEqual(['“Odd”']);
});

test.each([
  'Sent',
  'Gesendet',
  'Envoyés',
  'Enviados',
  'Inviati',
  'Verzonden',
  'Отправленные',
  '送信済みメール',
  '已发送邮件',
  'נשלח',
])('what Gmail labels as %s goes to Sent', async (label) => {
  const encoded = `=?UTF-8?B?${Buffer.from(`Important,${label}`).toString('base64')}?=`;
  for (const value of [`Opened,${label}`, encoded]) {
    const { copies } = await readBytes(
      mboxOf(mail('x', `To: Carol <carol@example.org>\nX-Gmail-Labels: ${value}\n`)),
    );
    expect(copies).toMatchObject([{ box: 'sent', other: 'Carol <carol@example.org>' }]);
  }
});

test('mail from one’s own addresses or in a sent folder goes to Sent', async () => {
  const one = mboxOf(mail('x', 'To: carol@example.org\n'));
  expect((await readBytes(one, [' Bob@Example.ORG '])).copies[0]!.box).toBe('sent');
  expect((await readBytes(one, ['carol@example.org'])).copies[0]!.box).toBe('inbox');
  const zip = await zipped({ 'Mail/Sent.mbox': one, 'Mail/Inbox.mbox': one.replace('\nx', '\ny') });
  expect((await readBytes(zip)).copies.map(({ box }) => box)).toEqual(['sent', 'inbox']);
});

test('without From, Sender is used; names lose quotes and bidi controls', async () => {
  const sender = async (headers: string) =>
    (await readBytes(`${headers}\nSubject: s\nDate: x\n\nx`)).copies[0]!.other;
  expect(await sender('Sender: Ann <ann@example.org>')).toBe('Ann <ann@example.org>');
  expect(await sender('From: \nSender: ann@example.org')).toBe('ann@example.org');
  expect(await sender('From: "Doe, \\"J\\" =?utf-8?q?M=C3=BCller?=" <j@example.org>')).toBe(
    'Doe, "J" Müller <j@example.org>',
  );
  expect(await sender('From: "\u202Ecod.exe\u2066" <j@example.org>')).toBe('cod.exe <j@example.org>');
  expect(await sender(`From: ${'n'.repeat(400)} <j@example.org>`)).toMatch(/^n{300,}… <j@example.org>$/);
  expect(await sender('X-Nobody: 1')).toBe('unknown sender');
});

describe('imports', () => {
  const two = mboxOf(mail('One'), mail('Two'));
  const bodies = async (file: Buffer | string) => (await readBytes(file)).copies.map(({ body }) => body);

  test('files compressed with gzip', async () => {
    expect(await bodies(gzipSync(two))).toEqual(['One', 'Two']);
    expect((await readBytes(gzipSync(two).subarray(0, 60))).refusal).toMatch(/damaged/);
    const tar = Buffer.alloc(1024);
    tar.write('ustar', 257);
    expect((await readBytes(gzipSync(tar))).refusal).toMatch(/tar archive.*zip/);
  });

  test('files in UTF-16 or with a byte order mark', async () => {
    for (const encoding of ['utf16le', 'utf16be'])
      expect(await bodies(iconv.encode(two, encoding, { addBOM: true }))).toEqual(['One', 'Two']);
    expect(await bodies(`\uFEFF${mail('One')}`)).toEqual(['One']);
  });

  test('a zip of folders, with a Mac’s extra files', async () => {
    const zip = await zipped({
      'Takeout/Mail/All mail.mbox': two,
      'Takeout/archive_browser.html': '<html>',
      '__MACOSX/Takeout/Mail/._All mail.mbox': 'x',
      'Takeout/.DS_Store': 'x',
      'mails/1.eml': mail('Three'),
      'Maildir/cur/1606184877.M1P2.host:2,S': mail('Four'),
      'old/inbox.gz': gzipSync(mboxOf(mail('Five'))),
    });
    const { copies, said, report } = await readBytes(zip);
    expect(copies.map(({ body }) => body).toSorted()).toEqual(['Five', 'Four', 'One', 'Three', 'Two']);
    expect(said).toBe('1 other file in the zip was ignored.');
    expect(report.files.examples).toEqual(['archive_browser.html']);
  });

  test('Apple’s emlx and MMDF', async () => {
    expect(await bodies(`${mail('One').length}\n${mail('One')}<?xml version="1.0"?>\n<plist/>\n`)).toEqual([
      'One',
    ]);
    const mark = '\u0001\u0001\u0001\u0001\n';
    expect(await bodies(`${mark}${mail('One')}${mark}${mark}${mail('Two')}${mark}`)).toEqual(['One', 'Two']);
  });

  test.each([
    ['a PST', Buffer.from('!BDN\0\0'), 'Outlook'],
    ['an MSG', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'eml'],
    ['a 7z', Buffer.from('377abcaf271c0004', 'hex'), 'zip'],
    ['a RAR', Buffer.from('Rar!\x1A\x07\x00', 'latin1'), 'zip'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'mbox or eml'],
    ['a Thunderbird index', Buffer.from('// <!-- <mdb:mork:z v="1.4"/> -->'), 'no extension'],
    ['a web page', Buffer.from('<!DOCTYPE html><p>x'), 'mbox or eml'],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'mbox'],
    ['a diary', Buffer.from('Dear diary\n\nNote: nothing'), 'eml'],
  ])('%s is refused with a hint', async (_, file, way) => {
    expect((await readBytes(file)).refusal).toContain(way);
  });
});

test('a malformed mail or an endless line affects only itself', async () => {
  const line = 'x'.repeat(3_000_000);
  const { copies, report } = await readBytes(mboxOf(mail('One'), mail(line, 'Subject: Long\n'), mail('Two')));
  expect([copies[0]!.body, copies.at(-1)!.body]).toEqual(['One', 'Two']);
  expect(report.cut).toEqual({ count: 1, examples: ['“Long”'] });
});

test('the order of texts is kept, whatever the parts', async () => {
  const inner = `From: Eve <eve@example.org>\nSubject: Inner\n\nInner words`;
  const forwarded = `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee\n--b\nContent-Type: message/rfc822\n\n${inner}\n--b--\n`;
  expect(await bodyOf(mboxOf(`${from}${forwarded}`))).toBe(
    'See\n\n[A mail within this one]\nFrom: Eve <eve@example.org>\nSubject: Inner\n\nInner words',
  );
  const uuencoded = 'Look\nbegin 644 cat.gif\n#0V%T\n`\nend\nthere';
  expect(await bodyOf(mboxOf(mail(uuencoded)))).toBe('Look\nthere\n\n[An attachment was left out: cat.gif]');
  expect(await bodyOf(mboxOf(mail('begin 644 talks\nwith them')))).toBe('begin 644 talks\nwith them');
  const flowed = 'One \nline\n> and \n> a quote\nnot \n> this';
  expect(await bodyOf(mboxOf(mail(flowed, 'Content-Type: text/plain; format=flowed\n')))).toBe(
    'One line\n> and a quote\nnot \n> this',
  );
});

test('a 24 kB zip of deeply nested mail does not delay pages', async () => {
  const nest = (depth: number): string =>
    depth === 0
      ? '\nInside\n'
      : `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n${nest(depth - 1)}`;
  const parts = '--a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nx\n'.repeat(20_000);
  const hostile = mboxOf(
    `${from}${nest(101)}`,
    `${from}Content-Type: multipart/mixed; boundary=a\n\n${parts}`,
    `${from}Content-Type: text/html\n\n${'<a><div>'.repeat(60_000)}${'</b>'.repeat(60_000)}`,
    mail('Two'),
  );
  const zip = await zipped({ 'a.mbox': hostile });
  expect(zip.length).toBeLessThan(24_000);
  const before = performance.eventLoopUtilization();
  const { copies } = await readBytes(zip);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.3);
  expect(copies.at(-1)!.body).toBe('Two');
});
