// Client addresses: the same in every notation of a proxy.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { clientAddress } from '../../src/web/client-address.ts';
import { cast } from '../support/cast.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { stranger } from '../support/person.ts';
import { available } from '../support/required.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['2001:0DB8:0001:0002:a:b:c:d', '2001:db8:1:2'],
  ['2001:db8::', '2001:db8:0:0'],
  ['2001:db8::192.0.2.1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['unknown', 'unknown'],
  ['_SEVKISEK', 'unknown'],
  ['192.0.2', 'unknown'],
  ['', 'unknown'],
])('%j counts as %j', (ip, counted) => {
  expect(clientAddress({ ip })).toBe(counted);
});

const { app } = await cast({ TRUST_PROXY: '1', LOGINS_PER_MINUTE: '3' });
afterAll(() => app.close());
afterEach(() => app.pool.query('delete from rate_limits'));

/** The answers to wrong passwords, of which three pass, one from each of these. */
async function guesses(url: string, forwarded: string[]): Promise<number[]> {
  const thief = stranger(url);
  const fields = { ...(await thief.hidden('/login')), username: 'alice', password: 'a wild guess' };
  const statuses: number[] = [];
  for (const from of forwarded) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Forwarded-For': from };
    const body = new URLSearchParams(fields).toString();
    statuses.push((await thief.ask('post', '/login', headers, body)).status);
  }
  return statuses;
}
const third = [422, 422, 422, 429];

describe('a client is the same in every notation of X-Forwarded-For', () => {
  const oneEach: [string, string[]][] = [
    ['ports', ['192.0.2.1:1024', '192.0.2.1:1025', '192.0.2.1', '192.0.2.1:65535']],
    ['ports of IPv6', ['[2001:db8::1]:1024', '[2001:db8::2]:1', '2001:db8::3', '[2001:db8::4]']],
    ['quotation marks', ['"192.0.2.1:1"', '"192.0.2.1"', ' 192.0.2.1 ', '192.0.2.1:obfuscated']],
    ['quoted IPv6', ['"[2001:db8::1]:1"', '"2001:db8::2"', '"[2001:DB8::3]"', '2001:db8:0:0::4']],
    [
      'the form of Forwarded',
      ['for=192.0.2.1', 'for="192.0.2.1:5"', 'For=192.0.2.1;proto=https', 'by=x;for=192.0.2.1'],
    ],
    ['IPv4 within IPv6', ['::ffff:192.0.2.1', '[::ffff:192.0.2.1]:5', '192.0.2.1:7', '::ffff:c000:201']],
    ['what is no address', ['unknown', '_hidden', '"_SEVKISEK"', 'made up']],
    [
      'further addresses before it',
      ['1.1.1.1:5, 192.0.2.1:1', '192.0.2.1', '"x, 192.0.2.1:2', '[, 192.0.2.1'],
    ],
  ];
  test.each(oneEach)('%s', async (_, forwarded) => {
    expect(await guesses(app.url, forwarded)).toEqual(third);
  });

  test('two clients stay distinct', async () => {
    expect(await guesses(app.url, ['192.0.2.1:1', '192.0.2.1:2', '192.0.2.1:3', '192.0.2.2:1'])).toEqual([
      422, 422, 422, 422,
    ]);
    expect(await guesses(app.url, ['[2001:db8:0:1::1]:1', '[2001:db8:0:2::1]:1'])).toEqual([422, 422]);
  });

  test('a proxy trusted by address is recognized with a port', async () => {
    const settings = { TRUST_PROXY: '127.0.0.0/8, 10.0.0.0/8', LOGINS_PER_MINUTE: '3' };
    const { app: trusting } = await cast(settings);
    const forwarded = [1, 2, 3, 4].map((n) => `198.51.100.1:${n}, 10.0.0.${n}:443`);
    expect(await guesses(trusting.url, forwarded)).toEqual(third);
    expect(await guesses(trusting.url, ['198.51.100.2:1, 10.0.0.1:443'])).toEqual([422]);
    await trusting.close();
  });
});

describe.skipIf(!available('nginx'))('behind nginx and a proxy that it trusts', () => {
  let nginx: Nginx;
  let busy: ReturnType<typeof createServer> | undefined;
  const trusting = {
    'real_ip_header X-Forwarded-For;': 'real_ip_header X-Forwarded-For; set_real_ip_from 127.0.0.1;',
  };
  afterEach(async () => {
    await nginx?.close();
    busy?.closeAllConnections();
    busy?.close();
  });

  test.each([
    [['192.0.2.1:1024', '192.0.2.1:1025', '192.0.2.1', '192.0.2.1:65535']],
    [['[2001:db8::1]:1024', '[2001:db8::2]:1', '2001:db8::3', '[2001:db8::4]:7']],
    [['::ffff:192.0.2.1', '[::ffff:192.0.2.1]:5', '192.0.2.1:7', '192.0.2.1']],
  ])('%j is one client', async (forwarded) => {
    nginx = await startNginx(app.url, trusting);
    expect(await guesses(nginx.url, forwarded)).toEqual(third);
  });

  test('nginx counts connections by the first 64 bits of IPv6, and by the whole of IPv4', async () => {
    busy = createServer(() => {}); // never answers, so that each request stays open
    await new Promise<void>((resolve) => busy!.listen(0, '127.0.0.1', resolve));
    nginx = await startNginx(`http://127.0.0.1:${(busy.address() as AddressInfo).port}`, {
      ...trusting,
      'limit_conn clients 100;': 'limit_conn clients 2;',
    });
    let open = 0;
    busy.on('request', () => (open += 1));
    const ask = (from: string): Promise<number | 'open'> =>
      new Promise((resolve) => {
        const asked = request(`${nginx.url}/login`, { agent: false, headers: { 'X-Forwarded-For': from } });
        asked.on('response', (answer) => resolve(answer.statusCode!)).on('error', () => {});
        asked.end();
        const before = open;
        const timer = setInterval(() => open > before && (clearInterval(timer), resolve('open')), 10);
        asked.on('close', () => clearInterval(timer));
      });
    for (const [one, same, again, other] of [
      ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:ffff::3', '2001:db8:0:2::1'],
      ['192.0.2.1', '192.0.2.1:2', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
      ['10.10.10.10', '10.10.10.10', '10.10.10.10', '10.10.10.11'], // line feeds, as bytes
      ['a0a:a0a:a0a:a0a::1', 'a0a:a0a:a0a:a0a::2', 'a0a:a0a:a0a:a0a:a0a:a0a:a0a:a0a', 'a0a:a0a:a0a:a0b::1'],
    ] as const)
      expect([await ask(one), await ask(same), await ask(again), await ask(other)], one).toEqual([
        'open',
        'open',
        429,
        'open',
      ]);
  });
});
