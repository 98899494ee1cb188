// The site behind nginx, with the shipped configuration.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { deletionOf, newestOf } from '../support/inbox.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { registered, stranger } from '../support/person.ts';
import { available } from '../support/required.ts';

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let app: TestApp;
  let nginx: Nginx;
  beforeAll(async () => {
    app = await startApp({ TRUST_PROXY: '1', LOGINS_PER_MINUTE: '2' });
    nginx = await startNginx(app.url);
  });
  afterAll(async () => {
    await nginx?.close();
    await app?.close();
  });

  test('users register, write to each other, read and delete', async () => {
    const alice = await registered(nginx.url, 'alice');
    const bob = await registered(nginx.url, 'bob');
    expect((await alice.send('bob', 'Through the front door 🚪')).headers.location).toBe('/inbox');

    expect(await newestOf(bob)).toEqual({ sender: 'alice', body: 'Through the front door 🚪' });
    const action = deletionOf(await bob.get('/inbox'), 'Through the front door 🚪');
    expect((await bob.submit('/inbox', {}, action)).status).toBe(303);
    expect((await bob.get('/inbox')).$('.messages li').length).toBe(0);
  });

  test('forms are accepted at every name of the machine, and from no other site', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      const origin = `http://${host}:${nginx.port}`;
      const person = stranger(nginx.url);
      const login = async (from: string) => {
        const fields = { ...(await person.hidden('/login')), username: 'nobody', password: 'wrong enough' };
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Host: new URL(origin).host };
        return person.ask(
          'post',
          '/login',
          { ...headers, Origin: from },
          String(new URLSearchParams(fields)),
        );
      };
      expect((await login(origin)).status).not.toBe(403);
      expect((await login('http://evil.example')).status).toBe(403);
    }
  });

  test('a forged X-Forwarded-For does not allow more password guesses', async () => {
    const thief = stranger(nginx.url);
    const guess = async (from: string) => {
      const fields = { ...(await thief.hidden('/login')), username: 'alice', password: 'a wild guess' };
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Forwarded-For': from };
      const answer = await thief.ask('post', '/login', headers, String(new URLSearchParams(fields)));
      return answer.status;
    };
    expect(await guess('198.51.100.1')).toBe(422);
    expect(await guess('198.51.100.2')).toBe(422);
    expect(await guess('198.51.100.3')).toBe(429);
  });

  test('a file is cached permanently at its hashed address, compressed, and revalidated at any other', async () => {
    const page = await stranger(nginx.url).get('/login');
    const address = page.$('link[rel=stylesheet]').attr('href')!;
    const kept = await stranger(nginx.url).ask('get', address, { 'Accept-Encoding': 'gzip' });
    expect(kept.status).toBe(200);
    expect(kept.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(kept.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(kept.headers['content-encoding']).toBe('gzip');
    expect(kept.headers['x-content-type-options']).toBe('nosniff');
    expect(kept.text).toBe((await stranger(app.url).get(address)).text);

    const plain = await stranger(nginx.url).get('/assets/app.css');
    expect(plain.headers['cache-control']).toBe('no-cache');
    for (const path of [
      '/assets/',
      '/assets/../package.json',
      '/assets/nothing.css',
      '/assets/..%2fpackage.json',
    ])
      expect((await stranger(nginx.url).get(path)).status, path).toBeGreaterThanOrEqual(400);
  });

  test('pages are compressed and never stored', async () => {
    const page = await stranger(nginx.url).ask('get', '/login', { 'Accept-Encoding': 'gzip' });
    expect(page.headers['content-encoding']).toBe('gzip');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('the health checks are not public', async () => {
    for (const path of ['/healthz', '/readyz', '/READYZ', '/healthz/', '/health%7a']) {
      const answer = await stranger(nginx.url).get(path);
      expect(answer.status, path).toBe(404);
      expect(answer.$('h1').text()).toBe('Nothing here');
    }
  });

  test('nginx’s error pages cannot be requested directly', async () => {
    expect((await stranger(nginx.url).get('/trouble/unavailable.html')).status).toBe(404);
  });

  test('responses do not reveal software or versions', async () => {
    for (const path of ['/', '/assets/app.css', '/assets/nothing', '/healthz', '/nothing']) {
      const { headers, text } = await stranger(nginx.url).get(path);
      expect(headers.server).toBe('nginx');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(text).not.toMatch(/nginx|express|openresty/i);
    }
  });

  test('the log has no names, addresses or message ids', async () => {
    await stranger(nginx.url).get('/send?to=somebodysname');
    await stranger(nginx.url).get('/messages/018f0000-0000-7000-8000-000000000000?q=secretword');
    await stranger(nginx.url).get('/SomeBodysName');
    await stranger(nginx.url).get('/assets/somebodysname.svg');
    const lines = () => nginx.requests().slice(-4);
    // Each is written after its answer.
    await expect
      .poll(() => lines().map((line) => line.area))
      .toEqual(['/send', '/messages', 'other', '/assets']);
    expect(lines()[0]).toMatchObject({ method: 'GET', status: 303, upstreamStatus: '303' });
    expect(JSON.stringify(nginx.requests())).not.toMatch(/somebodysname|secretword|018f|127\.0\.0\.1(?!:)/i);
  });
});
