// Unknown paths, other methods, and response headers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';

let someone: Person;
const { app, alice } = await cast();
beforeAll(async () => {
  someone = stranger(app.url);
});
afterAll(() => app.close());

describe('an unknown path', () => {
  test.each([
    '/nothing-here',
    '/Inbox/',
    '/inbox/1',
    '/send/1',
    '/messages',
    '/messages/0195d9a0-7c4c-7000-8000-000000000000',
    '/.env',
    '/assets/nothing.css',
    '/assets/',
    '/assets/../package.json',
    '/assets/%2e%2e/package.json',
    '/assets/..%2fpackage.json',
    '/views/messages/inbox.ejs',
    '/login.php',
    '/%F0%9F%A6%89',
    '//inbox/x',
  ])('answers 404: %s', async (path) => {
    const answer = await alice.get(path);
    expect(answer.status).toBe(path === '/Inbox/' ? 200 : 404);
    expect(answer.text).not.toContain('private-messages"');
  });

  test('answers 404 to signed-out users too; private paths redirect to the login first', async () => {
    const answer = await someone.get('/nothing-here');
    expect(answer.status).toBe(404);
    expect(answer.$('h1').text()).not.toBe('');
    expect(answer.$('main a').length).toBeGreaterThan(0);
    expect((await someone.get('/messages/1')).headers.location).toContain('/login');
  });
});

describe('another method', () => {
  const allowed: Record<string, string> = {
    '/': 'GET',
    '/inbox': 'GET',
    '/login': 'GET, POST',
    '/register': 'GET, POST',
    '/send': 'GET, POST',
    '/logout': 'POST',
    '/healthz': 'GET',
    '/readyz': 'GET',
  };
  test.each(Object.keys(allowed))('answers 405 with the allowed ones: %s', async (path) => {
    for (const method of ['put', 'patch', 'delete', 'options'] as const) {
      const answer = await alice.ask(method, path);
      expect([answer.status, answer.headers.allow]).toEqual([405, allowed[path]]);
    }
  });

  test.each(['/', '/inbox', '/healthz'])('includes posting to %s, even with a token', async (path) => {
    const answer = await alice.post(path, await alice.hidden('/inbox', '/logout'));
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET']);
  });

  test('HEAD is answered like GET, without a body', async () => {
    for (const path of ['/inbox', '/send', '/healthz']) {
      const answer = await alice.ask('head', path);
      expect([answer.status, answer.text ?? '']).toEqual([200, '']);
    }
  });
});

/** One answer of each kind that there is. */
async function everyKind(): Promise<[string, Answer][]> {
  const token = await alice.hidden('/inbox', '/logout');
  return [
    ['the front page', await someone.get('/')],
    ['a form', await someone.get('/login')],
    ['a form that failed', await someone.submit('/register', { username: '' })],
    ['the inbox', await alice.get('/inbox')],
    ['a redirect', await someone.get('/inbox')],
    ['a success', await alice.send('alice', 'x')],
    ['an unknown page', await alice.get('/nothing-here')],
    ['an unknown public file', await alice.get('/assets/nothing.css')],
    ['a broken address', await alice.get('/%FF')],
    ['a broken address of the login', await alice.get('/login/%FF')],
    ['a broken address of a public file', await alice.get('/assets/%FF')],
    ['a forged form', await alice.post('/send', {})],
    ['a form from another site', await alice.ask('post', '/send', { Origin: 'https://evil.example' })],
    ['a wrong method', await alice.get('/logout')],
    ['a missing message', await alice.post('/messages/1/delete', token)],
    ['too many fields', await alice.post('/send', 'a=1&'.repeat(2000))],
    ['too much', await alice.post('/send', 'x'.repeat(2_000_000))],
  ];
}

test('every page and error is uncached and has a Content-Security-Policy', async () => {
  for (const [what, { headers }] of await everyKind()) {
    const said = {
      cache: headers['cache-control'],
      csp: headers['content-security-policy'],
      referrer: headers['referrer-policy'],
      sniffing: headers['x-content-type-options'],
      frames: headers['x-frame-options'],
      poweredBy: headers['x-powered-by'],
      server: headers.server,
      etag: headers.etag,
      hsts: headers['strict-transport-security'],
    };
    expect(said, what).toEqual({
      cache: 'no-store',
      csp: `default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none';require-trusted-types-for 'script';trusted-types 'none'`,
      referrer: what === 'a form that failed' ? 'strict-origin' : 'same-origin', // see below
      sniffing: 'nosniff',
      frames: 'DENY',
    });
  }
});

test.each(['/reset/abc.def', '/register', '/register?invitation=abc.def'])(
  'the address of %s is not sent anywhere, not even to the page’s own files',
  async (path) => {
    for (const page of [await someone.get(path), await someone.post(path, {})])
      expect(page.get('Referrer-Policy')).toBe('strict-origin');
  },
);

test('public files may be cached permanently, because their address has a hash', async () => {
  const page = await someone.get('/login');
  const address = page.$('link[rel=stylesheet]').attr('href')!;
  expect(address).toMatch(/^\/assets\/app\.css\?v=.{10}$/);
  const answer = await someone.get(address);
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});

test('pages have no inline script or style, and load nothing from elsewhere', async () => {
  for (const page of [
    await someone.get('/'),
    await someone.get('/register'),
    await alice.get('/inbox'),
    await alice.get('/send'),
  ]) {
    const { $ } = page;
    expect($('script:not([src]), style, [style], base, iframe, object, embed').length).toBe(0);
    const attributes = $('*')
      .toArray()
      .flatMap((element) => Object.keys('attribs' in element ? element.attribs : {}));
    expect(attributes.filter((name) => name.startsWith('on'))).toEqual([]);
    for (const element of $('[src], link[href], form[action]').toArray())
      expect($(element).attr('src') ?? $(element).attr('href') ?? $(element).attr('action')).toMatch(
        /^\/[^/]/,
      );
  }
});

test('healthz and readyz need no session and set no cookie', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const answer = await alice.get(path);
    expect([answer.status, answer.text]).toEqual([200, 'ok\n']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  }
});
