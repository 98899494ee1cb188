// nginx under failure: the app is down, a request is too large or slow, or there are too many.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { limitSlowRequests } from '../../src/process/slow-requests.ts';
import { castBehindNginx, type CastBehindNginx } from '../support/cast.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { freePort } from '../support/program.ts';
import { stranger, type Answer } from '../support/person.ts';
import { speak } from '../support/raw.ts';
import { available } from '../support/required.ts';

describe.skipIf(!available('nginx'))('nginx', () => {
  const running: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of running.splice(0).toReversed()) await each.close();
  });

  /** nginx, closed after the test. */
  async function front(upstream: string, edits?: Record<string, string>): Promise<Nginx> {
    const nginx = await startNginx(upstream, edits);
    running.push(nginx);
    return nginx;
  }

  /** Something else in the app's place. Gives its address. */
  async function standIn(
    answer: (req: IncomingMessage, res: ServerResponse) => void,
    prepare = (_server: Server) => {},
  ): Promise<string> {
    const server: Server = createServer(answer);
    prepare(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push({
      close: () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      },
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Answers when all of a request has come in, as the app does. */
  const serve = (req: IncomingMessage, res: ServerResponse) =>
    void req.resume().on('end', () => res.end('served'));

  const formType = { 'Content-Type': 'application/x-www-form-urlencoded' };

  function expectOurPage(answer: Answer, title: string): void {
    expect(answer.$('h1').text()).toBe(title);
    expect(answer.$('html').attr('lang')).toBe('en');
    expect(answer.text).not.toMatch(/nginx/i);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'content-type': 'text/html; charset=utf-8',
    });
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  }

  test('sends HSTS with its own pages and files if the site is https', async () => {
    const secure = { 'map $host $hsts {': 'map $host $hsts { ~. "max-age=31536000; preload";' };
    const away = `http://127.0.0.1:${await freePort()}`;
    for (const [edits, expected] of [
      [secure, 'max-age=31536000; preload'] as const,
      [{}, undefined] as const,
    ]) {
      const nginx = await front(away, edits);
      for (const path of ['/inbox', '/assets/app.css', '/healthz'])
        expect((await stranger(nginx.url).get(path)).get('Strict-Transport-Security'), path).toBe(expected);
    }
  });

  describe('while the app is away', () => {
    test('shows a page that reloads itself', async () => {
      const nginx = await front(`http://127.0.0.1:${await freePort()}`);
      const answer = await stranger(nginx.url).get('/inbox');
      expect(answer.status).toBe(502);
      expectOurPage(answer, 'Back in a moment');
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.$('meta[http-equiv=refresh]').attr('content')).toBe('5');
      // What the page needs comes from nginx itself.
      const style = await stranger(nginx.url).get(answer.$('link[rel=stylesheet]').attr('href')!);
      expect(style.status).toBe(200);
    });

    test('does not reload a page for a submitted form, whose text would be lost', async () => {
      const nginx = await front(`http://127.0.0.1:${await freePort()}`);
      const answer = await stranger(nginx.url).post('/send', { body: 'words' });
      expect(answer.status).toBe(502);
      expectOurPage(answer, 'Back in a moment');
      expect(answer.$('meta[http-equiv=refresh]').length).toBe(0);
      expect(answer.$('main').text()).toContain('send the form again');
      // Nobody had read it, so it was safe to try again.
      await expectEventually(() => nginx.requests().at(-1)?.upstreamStatus, '502, 502 : 502, 502');
    });

    test('waits for a silent app only as long as necessary', async () => {
      const silent = await standIn(() => {});
      const nginx = await front(silent, { 'proxy_read_timeout 15s;': 'proxy_read_timeout 1s;' });
      const answer = await stranger(nginx.url).get('/inbox');
      expect(answer.status).toBe(504);
      expectOurPage(answer, 'Back in a moment');
    });

    test('never retries a form at another copy if the first may have read it', async () => {
      const seen: string[] = [];
      const dies = (req: IncomingMessage) => {
        seen.push(req.method!);
        req.socket.destroy();
      };
      const [first, second] = [await standIn(dies), await standIn(dies)];
      const nginx = await front(first, { 'keepalive 64;': `server ${new URL(second).host}; keepalive 64;` });
      expect((await stranger(nginx.url).post('/send', { body: 'once' })).status).toBe(502);
      expect(seen).toEqual(['POST']);
    });

    test('retries a form at another copy if the first cannot be reached', async () => {
      const answers = await standIn((req, res) => res.end('served'));
      const nginx = await front(`http://127.0.0.1:${await freePort()}`, {
        'keepalive 64;': `server ${new URL(answers).host}; keepalive 64;`,
      });
      for (let i = 0; i < 4; i++)
        expect((await stranger(nginx.url).post('/send', { body: 'x' })).text).toBe('served');
    });
  });

  test('passes on the app’s own error pages, with the input they preserve', async () => {
    const { app, alice, close } = await castBehindNginx();
    running.push({ close });
    const form = await alice.hidden('/send');

    // A database that answers nothing about people: somebody holds the table.
    const locker = new pg.Client({ connectionString: app.databaseUrl });
    await locker.connect();
    await locker.query('begin; lock table users in access exclusive mode');
    const answer = await alice.post('/send', { ...form, recipient: 'alice', body: 'my own words' });
    await locker.end();

    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.$('textarea').text().trim()).toBe('my own words');
  });

  describe('passes the client address to the app', () => {
    const lies = {
      'X-Forwarded-For': '203.0.113.9, 198.51.100.7',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Port': '1',
      'X-Forwarded-Proto': 'gopher',
      'X-Real-IP': '198.51.100.7',
      Forwarded: 'for=198.51.100.7;host=evil.example',
    };

    async function heardBehind(edits: Record<string, string> = {}): Promise<IncomingMessage['headers']> {
      let heard: IncomingMessage['headers'] = {};
      const echo = await standIn((req, res) => {
        heard = req.headers;
        res.end();
      });
      const nginx = await front(echo, edits);
      await stranger(nginx.url).ask('get', '/', lies);
      expect(heard.host).toBe(`127.0.0.1:${nginx.port}`);
      return heard;
    }

    test('whatever the client sends', async () => {
      const heard = await heardBehind();
      expect(heard).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
      for (const name of ['x-forwarded-host', 'x-forwarded-port', 'x-real-ip', 'forwarded'])
        expect(heard).not.toHaveProperty(name);
    });

    test('as given by a trusted proxy in front, but by nobody before it', async () => {
      const named = 'real_ip_header X-Forwarded-For; set_real_ip_from 127.0.0.1;';
      const heard = await heardBehind({ 'real_ip_header X-Forwarded-For;': named });
      expect(heard['x-forwarded-for']).toBe('198.51.100.7');
    });
  });

  test('forwards events without buffering', async () => {
    const stream = await standIn((req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('data: first\n\n'); // and nothing more, and no end
    });
    const nginx = await front(stream, { 'proxy_read_timeout 15s;': 'proxy_read_timeout 1s;' });
    const answer = await fetch(`${nginx.url}/events`, { headers: { 'Accept-Encoding': 'gzip' } });
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: first\n\n');
    const stillOpen = new Promise((resolve) => setTimeout(resolve, 1500, 'open'));
    expect(await Promise.race([reader.read().catch(() => 'cut off'), stillOpen])).toBe('open');
    await reader.cancel();
  });

  describe('with requests of any size', () => {
    let site: CastBehindNginx;
    beforeAll(async () => {
      site = await castBehindNginx();
    });
    afterAll(() => site?.close());

    test('explains that a request is too large', async () => {
      const body = `a=${'b'.repeat(1_100_000)}`;
      const answer = await stranger(site.nginx.url).ask('post', '/login', formType, body);
      expect(answer.status).toBe(413);
      expectOurPage(answer, 'Too much data');
    });

    test('leaves a text that is too long to the app, which shows it again', async () => {
      const words = 'ä'.repeat(100_000); // 600 kB on the way
      const answer = await site.alice.send('alice', words);
      expect(answer.status).toBe(422);
      expect(answer.$('textarea').text().trim()).toBe(words);
    });

    test('does not buffer text on disk, with or without Content-Length', async () => {
      const { nginx } = site;
      const body = `a=${'b'.repeat(990_000)}`;
      await stranger(nginx.url).ask('post', '/login', formType, body);
      const chunks = Array.from({ length: 9900 }, () => 'b'.repeat(100));
      const dripped: unknown = Readable.from(chunks);
      await fetch(`${nginx.url}/login`, {
        method: 'POST',
        headers: formType,
        body: dripped,
        duplex: 'half',
      } as RequestInit);
      const statuses = () => nginx.requests().slice(-2).map((line) => line.upstreamStatus); // prettier-ignore
      await expect.poll(statuses).toEqual(['403', '403']);
      expect(nginx.complaints()).not.toContain('temporary file');
    });

    test('explains that a request is malformed', async () => {
      const { nginx } = site;
      const connection = await speak(nginx.port, 'GET / HTTP/1.1\r\n\r\n');
      const { text } = await connection.ended;
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('<h1>Nothing here</h1>');
      const long = await stranger(nginx.url).get(`/${'a'.repeat(20_000)}`);
      expect(long.status).toBe(414);
      expectOurPage(long, 'Nothing here');
    });
  });

  test('closes the connection of a client that sends too slowly', async () => {
    const nginx = await front(await standIn(serve), {
      'client_header_timeout 10s;': 'client_header_timeout 1s;',
      'client_body_timeout 10s;': 'client_body_timeout 1s;',
    });
    const slowHead = await speak(nginx.port, 'GET / HTTP/1.1\r\nHost: a\r\n');
    const drip = setInterval(() => slowHead.write('X: y\r\n'), 200);
    const slowBody = await speak(nginx.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
    const ends = await Promise.all([slowHead.ended, slowBody.ended]);
    clearInterval(drip);
    for (const { text, ms } of ends) {
      expect(ms).toBeLessThan(4000);
      expect(text).not.toContain('served');
    }
  });

  test('cuts off a form sent byte by byte, however short the gaps', async () => {
    const app = await standIn(serve, (server) => limitSlowRequests(server, 1000));
    const nginx = await front(app);
    const length = 100;
    const head = `POST /send HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
    const slow = await speak(nginx.port, head);
    let written = 0;
    const drip = setInterval(() => written++ < length && slow.write('x'), 100);
    const { text } = await slow.ended;
    clearInterval(drip);
    expect(text).toContain('HTTP/1.1 408 ');
    expect(text).not.toContain('served');
  });

  test('a hundred concurrent requests from one address are served, and another one waits', async () => {
    const nginx = await front(await standIn(serve));
    const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha';
    const open = await Promise.all(Array.from({ length: 99 }, () => speak(nginx.port, half)));
    const hundredth = await expectEventually(async () => (await stranger(nginx.url).get('/')).text, 'served');
    expect(hundredth).toBe('served');

    // nginx may count the hundredth for a moment after its answer, and then refuses this one instead
    await expectEventually(async () => {
      open.push(await speak(nginx.port, half));
      return (await stranger(nginx.url).get('/')).status;
    }, 429);
    const refused = await stranger(nginx.url).get('/');
    expectOurPage(refused, 'A little slower, please');
    expect(refused.headers['retry-after']).toBe('5');
    for (const connection of open) connection.close();
    await expectEventually(async () => (await stranger(nginx.url).get('/')).status, 200);
  });
});

/** Asks until the answer is this one, for at most 3 s; gives the last answer. */
async function expectEventually<T>(ask: () => T | Promise<T>, wanted: T): Promise<T> {
  let answer = await ask();
  for (let tries = 0; answer !== wanted && tries < 60; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await ask();
  }
  expect(answer).toBe(wanted);
  return answer;
}
