// Malformed mail, as real programs write it, is read as intended.
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { readMailDate } from '../../../src/transfers/mime/mail-date.ts';
import { bodyOf, readBytes } from './reading.ts';

const from = 'From: Bob <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n';
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('a single mail in a file', () => {
  const border = 'From carol@example.org Mon Nov 23 08:00:00 2020';
  const inner = `${border}\nFrom: Carol <carol@example.org>\nSubject: Inner\n\nHello from within`;

  test.each([
    [
      'with a line of a mailbox above the mail that was sent on',
      `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLook\n\n--b\nContent-Type: message/rfc822\n\n${inner}\n--b--\n`,
      'Look\n\n[A mail within this one]\nFrom: Carol <carol@example.org>\nSubject: Inner\n\nHello from within',
    ],
    [
      'with such a line among its headers',
      `Return-Path: <a@example.org>\n${border}\n${from}\nHello`,
      'Hello',
    ],
    ['quoted below a line', `${from}\nThis came back:\n----\n${inner}`, `This came back:\n----\n${inner}`],
  ])('%s', async (_, mail, body) => {
    expect(await bodyOf(mail)).toBe(body);
  });

  test('but others may follow its end', async () => {
    const { copies } = await readBytes(
      `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne\n--b--\n\n${border}\n${from}\nTwo\n`,
    );
    expect(copies.map(({ body }) => body)).toEqual(['One', 'Two']);
  });
});

test('a header with a space before its colon does not begin a mail', async () => {
  const { copies } = await readBytes(
    `From x Tue Nov 24 03:27:57 2020\nSubject: s\nFrom : Ann <ann@example.org>\nTo: b@example.org\nMIME-Version: 1.0\n\nText`,
  );
  expect(copies).toMatchObject([
    { other: 'Ann <ann@example.org>', body: 'Subject: s\nTo: b@example.org\n\nText' },
  ]);
});

test('a mail without a sender takes the one of its separator', async () => {
  const { copies } = await readBytes(
    `From ann@example.org Tue Nov 24 03:27:57 2020\nTo: b@example.org\n\nText`,
  );
  expect(copies[0]!.other).toBe('ann@example.org');
});

describe('MIME parts are found', () => {
  const parts = (line: string) =>
    `${line}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\n${line}\nContent-Type: image/png; name=a.png\n\nzz\n${line}--\nnobody's\n`;
  test.each([
    ['that are divided by less than was named', 'boundary="--=_b"', '--=_b'],
    ['that are divided by something else', 'boundary=other', '--b'],
    ['without any name for what divides them', 'charset=utf-8', '--b'],
    ['with spaces behind that name', 'boundary="b  "', '--b'],
  ])('%s', async (_, parameter, line) => {
    const mail = `${from}Content-Type: multipart/mixed; ${parameter}\n\nFor old programs\n\n${parts(line)}`;
    expect(await bodyOf(mail)).toBe('Grüße\n\n[An attachment was left out: a.png]');
  });

  test('next to parts that are declared correctly', async () => {
    const mail = `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n${parts('--d')}\n--b\n\nBehind\n--b--`;
    expect(await bodyOf(mail)).toBe('Grüße\n\nBehind\n\n[An attachment was left out: a.png]');
  });

  test('no text is lost between lines that look like boundaries', async () => {
    const text = '--\nContent: with a colon\n\n-- Bob\nSubject: no part';
    expect(await bodyOf(`${from}Content-Type: multipart/mixed; boundary=b\n\n${text}`)).toBe(text);
  });
});

describe('a nested mail', () => {
  const inner = `${from}Subject: Inner\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nGr\u00FC\u00DFe\n--c\nContent-Type: x/y; name=big\n\n${'z'.repeat(70)}\n--c--\n`;
  const outer = (kind: string, encoding: string, content: string) =>
    `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLook\n--b\nContent-Type: ${kind}\nContent-Transfer-Encoding: ${encoding}\n\n${content}\n--b--\n`;
  const read =
    'Look\n\n[A mail within this one]\nFrom: Bob <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\nSubject: Inner\n\nGrüße\n\n[An attachment was left out: big]';
  const base64 = (length: number) =>
    latin1(inner)
      .toString('base64')
      .replaceAll(new RegExp(`.{${length}}`, 'g'), '$&\n');

  test.each([
    ['in base64', () => outer('message/rfc822', 'base64', base64(76))],
    ['in base64 with lines of any length', () => outer('message/rfc822', 'base64', base64(33))],
    [
      'in quoted-printable',
      () =>
        outer(
          'message/rfc822',
          'quoted-printable',
          inner
            .replaceAll('=', '=3D')
            .replaceAll(/[\u0080-\u00FF]/g, (c) => `=${c.charCodeAt(0).toString(16)}`)
            .replaceAll('Subject', 'Sub=\nject'),
        ),
    ],
    [
      'of which this is the first piece',
      () => outer('message/partial; id=a; number=1; total=2', '8bit', inner),
    ],
  ])('%s', async (_, make) => {
    expect(await bodyOf(latin1(make()))).toBe(read);
  });

  test('that was returned with its headers only', async () => {
    const headers =
      'From: =?utf-8?q?M=C3=BCller?= <m@example.org>\nReceived: by x\n\tfor y\nSubject: =?utf-8?q?Gr=C3=BC?=\n =?utf-8?q?=C3=9Fe?=\n';
    expect(await bodyOf(outer('text/rfc822-headers', '7bit', headers))).toBe(
      'Look\n\nFrom: Müller <m@example.org>\nReceived: by x\n\tfor y\nSubject: Grüße',
    );
  });
});

describe('a text in a charset other than declared', () => {
  const japanese = '今日は良い天気ですね。';
  test.each([
    ['iso-2022-jp', 'shift_jis', japanese],
    ['iso-2022-jp', 'euc-jp', japanese],
    ['shift_jis', 'euc-jp', japanese],
    ['utf-8', 'shift_jis', 'メールを簡単に。'],
    ['us-ascii', 'shift_jis', 'メールを簡単に。'],
    ['windows-1251', 'windows-1251', 'Ђорђе'],
    ['iso-8859-1', 'windows-1252', 'Œuvre – naïve'],
  ])('%s: %s', async (claimed, real, text) => {
    const mail = Buffer.concat([
      Buffer.from(`${from}Content-Type: text/plain; charset=${claimed}\n\n`),
      iconv.encode(text, real),
    ]);
    expect(await bodyOf(mail)).toBe(text);
  });

  test('one broken byte does not change the charset', async () => {
    const [start, end] = [iconv.encode('ひらがなだけの', 'euc-jp'), iconv.encode('ぶんしょう', 'euc-jp')];
    const headers = Buffer.from(`${from}Content-Type: text/plain; charset=euc-jp\n\n`);
    expect(await bodyOf(Buffer.concat([headers, start, Buffer.from([0xff]), end]))).toBe(
      'ひらがなだけの\uFFFDぶんしょう',
    );
  });

  test.each([
    ['koi8-r', 'Москва, столица'],
    ['euc-kr', '안녕하세요'],
    ['gbk', '你好，世界'],
    ['shift_jis', 'ソース表示'],
    ['iso-8859-2', 'Zażółć'],
    ['iso-8859-1', 'Grüße'],
  ])('raw headers use the charset of the text: %s', async (charset, text) => {
    const mail = Buffer.concat([
      Buffer.from('From: "'),
      iconv.encode(text, charset),
      Buffer.from('" <a@example.org>\nSubject: '),
      iconv.encode(text, charset),
      Buffer.from(`\nDate: x\nContent-Type: text/plain; charset=${charset}\n\nx`),
    ]);
    const { copies } = await readBytes(mail);
    expect(copies).toMatchObject([{ other: `${text} <a@example.org>`, body: `Subject: ${text}\n\nx` }]);
  });

  test('raw UTF-8 headers are decoded as such, whatever the text, even with a broken byte', async () => {
    const mail = Buffer.concat([
      Buffer.from('Subject: Чертёж', 'utf8'),
      Buffer.from([0xd0]),
      Buffer.from(`\n${from}Content-Type: text/plain; charset=iso-8859-1\n\nx`),
    ]);
    expect(await bodyOf(mail)).toBe('Subject: Чертёж\uFFFD\n\nx');
  });
});

test('headers with blank lines between them, and a name without a colon', async () => {
  const { copies } = await readBytes(
    `Date: Tue, 24 Nov 2020 03:27:57 +0100\nSubject: Badly\n   folded\n \n line\n  by line\n \nFrom: Ann <ann@example.org>\n\nText`,
  );
  expect(copies).toMatchObject([
    { other: 'Ann <ann@example.org>', body: 'Subject: Badly folded line by line\n\nText' },
  ]);
});

test('an indented text behind a blank line is complete', async () => {
  const text = '  indented\n\tand so on\nno header';
  expect(await bodyOf(`${from}Subject: s\n \n${text}`)).toBe(`Subject: s\n\n${text}`);
});

test('an HTML page declared as plain text', async () => {
  const page = '<!DOCTYPE html>\n<html><body><p>One</p><p>Two &amp; three</p></body></html>';
  expect(await bodyOf(`${from}\n${page}`)).toBe('One\n\nTwo & three');
  expect(await bodyOf(`${from}\nSee <html> in a text`)).toBe('See <html> in a text');
});

test('a yEnc file is skipped', async () => {
  const file = '=ybegin line=128 size=9 name=cat.jpg\n\u0093\u00FFab\n=yend size=9';
  expect(await bodyOf(latin1(`${from}\nLook:\n${file}\nNice?`))).toBe(
    'Look:\nNice?\n\n[An attachment was left out: cat.jpg]',
  );
});

test('an encoded word without a charset', async () => {
  expect(await bodyOf(`${from}Subject: =??Q?Gr=FC=DFe?=\n\nx`)).toBe('Subject: Grüße\n\nx');
});

test('a long attachment name is complete as far as it is shown', async () => {
  const name = 'я'.repeat(190);
  const pieces = encodeURIComponent(name)
    .match(/.{1,60}/g)!
    .map((piece, n) => ` filename*${n}*=${n === 0 ? "utf-8''" : ''}${piece}`);
  const mail = `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: x/y\nContent-Disposition: attachment;\n${pieces.join(';\n')}\n\nzz\n--b--`;
  expect(await bodyOf(mail)).toBe(`[An attachment was left out: ${name}]`);
});

test.each([
  ['Tue, 024 Nov 2020 03:27:57 +0100', '2020-11-24T02:27:57.000Z'],
  ['Tue, 24 Nov 2020 03 : 27 : 57 +0100', '2020-11-24T02:27:57.000Z'],
  ['24-11-2020 03:27', '2020-11-24T03:27:00.000Z'],
  ['24/11/2020 03:27', '2020-11-24T03:27:00.000Z'],
  ['11/24/2020 3:27 PM', '2020-11-24T15:27:00.000Z'],
  ['11-12-2020 03:27', undefined],
  ['13/13/2020 03:27', undefined],
])('the date “%s”', (text, right) => {
  const at = readMailDate(text);
  expect(at === undefined ? undefined : new Date(at).toISOString()).toBe(right);
});
