// Malformed forms and HTTP: refused, nothing changed, the process alive.
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { exchangeRaw, statusOf } from '../support/bytes.ts';
import { newestOf } from '../support/inbox.ts';
import type { Fields } from '../support/person.ts';

let fields: Fields;
const { app, alice } = await cast();
beforeAll(async () => {
  fields = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Not to be sent' };
});
afterAll(() => app.close());
afterEach(async () => {
  expect(await newestOf(alice)).toBeUndefined();
});

const form = 'application/x-www-form-urlencoded';
const encoded = () => new URLSearchParams(fields).toString();

describe('the message form in another shape:', () => {
  const shapes: [string, Fields, () => string | Buffer][] = [
    ['JSON', { 'Content-Type': 'application/json' }, () => JSON.stringify(fields)],
    ['broken JSON', { 'Content-Type': 'application/json' }, () => '{"recipient":'],
    ['XML', { 'Content-Type': 'text/xml' }, () => '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
    [
      'multipart',
      { 'Content-Type': 'multipart/form-data; boundary=b' },
      () =>
        Object.entries(fields)
          .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
          .join('') + '--b--',
    ],
    ['plain text', { 'Content-Type': 'text/plain' }, encoded],
    ['no type', { 'Content-Type': '' }, encoded],
    ['a made-up type', { 'Content-Type': ';;;=/\u00E9' }, encoded],
    ['UTF-16', { 'Content-Type': `${form}; charset=utf-16` }, encoded],
    ['a made-up charset', { 'Content-Type': `${form}; charset=__proto__` }, encoded],
    ['Latin-1 beyond ASCII', { 'Content-Type': `${form}; charset=iso-8859-1` }, () => `${encoded()}%E9`],
    ['a made-up encoding', { 'Content-Type': form, 'Content-Encoding': 'x' }, encoded],
    ['gzip that is none', { 'Content-Type': form, 'Content-Encoding': 'gzip' }, encoded],
    [
      'a hundred million letters in a small gzip',
      { 'Content-Type': form, 'Content-Encoding': 'gzip' },
      () => gzipSync(`body=${'x'.repeat(100_000_000)}`),
    ],
    ['nothing at all', { 'Content-Type': form }, () => ''],
  ];
  test.each(shapes)('%s', async (_, headers, body) => {
    const answer = await alice.ask('post', '/send', headers, body());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.$('h1').text()).not.toBe('');
  });
});

describe('malformed HTTP:', () => {
  const head = (line: string, ...headers: string[]) =>
    [line, 'Host: x', `Cookie: ${alice.cookies()}`, 'Connection: close', ...headers, '', ''].join('\r\n');
  const requests: [string, () => string | Buffer, number | RegExp][] = [
    ['an asterisk for an address', () => head('OPTIONS * HTTP/1.1'), /^4/],
    ['an asterisk to read', () => head('GET * HTTP/1.1'), /^4/],
    ['another site’s address', () => head('GET http://evil.example/inbox HTTP/1.1'), /^(200|4)/],
    ['an address without a path', () => head('GET http://evil.example HTTP/1.1'), /^(303|4)/],
    ['an address of garbage', () => head('GET //%5C\\@:99999/?%%& HTTP/1.1'), /^4/],
    [
      'raw bytes in the address',
      () => Buffer.from(head('GET /inbox?before=\u00FF\u00FE HTTP/1.1'), 'latin1'),
      /^4/,
    ],
    ['an unknown method', () => head('FETCH /inbox HTTP/1.1'), 400],
    ['CONNECT', () => head('CONNECT evil.example:443 HTTP/1.1'), /^(0$|4)/],
    ['TRACE', () => head('TRACE /inbox HTTP/1.1'), 405],
    ['no HTTP', () => '\u0016\u0003\u0001 hello\r\n\r\n', 400],
    ['no host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['HTTP 1.0 without a host', () => 'POST /send HTTP/1.0\r\n\r\n', /^4/],
    ['a header of a million letters', () => head('GET /inbox HTTP/1.1', `X: ${'x'.repeat(1_000_000)}`), 431],
    ['ten thousand headers', () => head('GET /inbox HTTP/1.1', ...Array<string>(10_000).fill('X: y')), 431],
    ['an address of a million letters', () => head(`GET /${'x'.repeat(1_000_000)} HTTP/1.1`), 431],
    ['a length that is none', () => head('POST /send HTTP/1.1', 'Content-Length: x'), 400],
    ['two lengths', () => head('POST /send HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2'), 400],
    [
      'a length and pieces',
      () => head('POST /send HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
      400,
    ],
    [
      'pieces of garbage',
      () => `${head('POST /send HTTP/1.1', `Content-Type: ${form}`, 'Transfer-Encoding: chunked')}zz\r\n`,
      400,
    ],
    ['an unknown expectation', () => head('POST /send HTTP/1.1', 'Expect: miracles'), /^4/],
    [
      'a cookie of garbage',
      () => head('GET /inbox HTTP/1.1', 'Cookie: %FF;=;;session=j:{};__proto__=1'),
      /^(200|303|4)/,
    ],
  ];
  test.each(requests)('%s', async (_, make, wanted) => {
    const answer = await exchangeRaw(app.url, make());
    if (typeof wanted === 'number') expect(statusOf(answer)).toBe(wanted);
    else expect(String(statusOf(answer))).toMatch(wanted);
    expect(answer).not.toMatch(/\n\s+at /);
  });

  test('an aborted body has no effect', async () => {
    const half = `${head('POST /send HTTP/1.1', `Content-Type: ${form}`, 'Content-Length: 5000')}${encoded()}`;
    await exchangeRaw(app.url, half, 300);
  });
});
