// Cookie attributes: HttpOnly, SameSite, and Secure on https.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';

/** The names on http://localhost:3000, which is where an app is unless told otherwise. */
const named = (kind: string) => `pm-f1de9e48-${kind}`;
const secured = (kind: string) => `__Host-pm-c5c57db6-${kind}`;

const typed = { username: 'alice', password: 'a long enough password' };

/** The Set-Cookie lines of an answer, by the cookie's name: its attributes in small letters, without the value. */
function cookiesOf(answer: Answer): Record<string, string[]> {
  const lines = answer.get('Set-Cookie') ?? [];
  return Object.fromEntries(
    lines.map((line) => {
      const [pair, ...attributes] = line.split(/; */);
      const kinds = attributes
        .map((text) => text.toLowerCase())
        .filter((text) => !/^(expires|max-age)=/.test(text));
      return [pair!.split('=')[0], kinds.sort((a, b) => a.localeCompare(b))];
    }),
  );
}

describe('on plain http', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('every cookie is HttpOnly and SameSite=Lax, for this host only', async () => {
    const person = stranger(app.url);
    const kinds = ['httponly', 'path=/', 'samesite=lax'];
    expect(cookiesOf(await person.get('/login'))).toEqual({ [named('form')]: kinds });
    expect(cookiesOf(await person.submit('/register', typed))).toEqual({
      [named('session')]: kinds,
      [named('browser')]: kinds,
    });
    expect(cookiesOf(await person.send('alice', 'x'))).toEqual({ [named('flash')]: kinds });
    expect(cookiesOf(await person.get('/inbox'))).toEqual({ [named('flash')]: kinds }); // taken back
    expect(cookiesOf(await person.get('/inbox'))).toEqual({});
    expect(cookiesOf(await person.submit('/inbox', {}, '/logout'))).toEqual({ [named('session')]: kinds });
  });

  test('the session cookie expires with the session, 30 days after the last visit', async () => {
    const answer = await stranger(app.url).submit('/login', typed);
    const expires = Date.parse(/session=.*Expires=([^;]+)/.exec(answer.get('Set-Cookie')!.join('\n'))![1]!);
    expect(Math.abs(expires - Date.now() - 30 * 24 * 3600 * 1000)).toBeLessThan(60_000);
  });

  test('a cookie signed for one purpose is invalid for another', async () => {
    const person = stranger(app.url);
    await person.submit('/login', typed);
    await person.send('alice', 'x');
    const signed = new Map(
      person
        .cookies()
        .split('; ')
        .map((pair) => pair.split('=', 2) as [string, string]),
    );
    for (const [from, value] of signed) {
      // A form's secret and a known browser's id are kept.
      const asForm = await stranger(app.url, '', '', `${named('form')}=${value}`).get('/login');
      expect([from, asForm.get('Set-Cookie') === undefined]).toEqual([from, from === named('form')]);
      const asBrowser = stranger(app.url, 'alice', '', `${named('browser')}=${value}`);
      await asBrowser.submit('/login', typed);
      expect([from, asBrowser.cookies().includes(`${named('browser')}=${value}`)]).toEqual([
        from,
        from === named('browser'),
      ]);
    }
    expect([...signed.keys()].sort()).toEqual(['form', 'session', 'browser', 'flash'].map(named).sort());
  });

  test('an altered cookie is ignored', async () => {
    const person = stranger(app.url);
    await person.submit('/login', typed);
    const [, signed] = /session=([^;]*)/.exec(person.cookies())!;
    const id = decodeURIComponent(signed!).slice('s:'.length);
    for (const forged of [
      `${signed}x`,
      signed!.slice(0, -3),
      encodeURIComponent(id),
      's%3A',
      'j%3A%7B%7D',
      '%FF',
      '%',
    ])
      expect((await stranger(app.url, '', '', `session=${forged}`).get('/inbox')).status).toBe(303);
    const flash = encodeURIComponent('s:<b>Welcome</b>.signature');
    expect((await stranger(app.url, '', '', `flash=${flash}`).get('/')).text).not.toContain('Welcome</b>');
  });
});

describe('on https, behind a proxy', () => {
  let app: TestApp;
  let person: Person;
  beforeAll(async () => {
    app = await startApp({ PUBLIC_URL: 'https://letters.example.org', TRUST_PROXY: '1' });
  });
  beforeEach(() => {
    person = stranger(app.url);
  });
  afterAll(() => app.close());

  const form = 'application/x-www-form-urlencoded';
  const proxied = { 'X-Forwarded-Proto': 'https', Host: 'letters.example.org' };
  async function register(username: string, headers: Record<string, string>): Promise<Answer> {
    const fields = { ...(await person.hidden('/register')), ...typed, username };
    return person.ask(
      'post',
      '/register',
      { 'Content-Type': form, ...headers },
      new URLSearchParams(fields).toString(),
    );
  }

  test('every cookie is Secure and has the prefix', async () => {
    const kinds = ['httponly', 'path=/', 'samesite=lax', 'secure'];
    expect(cookiesOf(await person.ask('get', '/login', proxied))).toEqual({ [secured('form')]: kinds });
    const origin = { Origin: 'https://letters.example.org', 'Sec-Fetch-Site': 'same-origin' };
    const answer = await register('alice', { ...proxied, ...origin });
    expect(answer.status).toBe(303);
    expect(cookiesOf(answer)).toEqual({ [secured('session')]: kinds, [secured('browser')]: kinds });
    expect((await person.ask('get', '/inbox', proxied)).status).toBe(200);
  });

  test('login works even if the proxy does not send X-Forwarded-Proto', async () => {
    const quiet = { Host: 'letters.example.org' };
    const answer = await register('bob', quiet);
    expect(Object.keys(cookiesOf(answer))).toEqual([secured('browser'), secured('session')]);
    expect((await person.ask('get', '/inbox', quiet)).status).toBe(200);
  });

  test('HSTS is sent', async () => {
    const { headers } = await person.ask('get', '/nothing-here', proxied);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['content-security-policy']).toContain('upgrade-insecure-requests');
  });

  test.each([
    ['subdomains', 'max-age=31536000; includeSubDomains'],
    ['preload', 'max-age=31536000; includeSubDomains; preload'],
    ['off', undefined],
  ])('HSTS=%s: on pages and files', async (HSTS, expected) => {
    const site = await startApp({ PUBLIC_URL: 'https://letters.example.org', HSTS });
    for (const path of ['/login', '/nothing-here', '/assets/app.css'])
      expect((await stranger(site.url).get(path)).get('Strict-Transport-Security'), path).toBe(expected);
    await site.close();
  });
});
