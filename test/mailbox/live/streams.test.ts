// Streams that are lost, ended, refused or unread: pages catch up, and memory is bounded.
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openStreams, type Streams } from '../../../src/mailbox/live/streams.ts';
import { until } from '../../start/site.ts';
import { cast } from '../../support/cast.ts';
import { registered, type Person } from '../../support/person.ts';
import { openStream, type OpenPage } from './listening.ts';
import { signInMany } from './sessions.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

async function open(person: Pick<Person, 'cookies'>): Promise<OpenPage> {
  const page = await openStream(app.url, person);
  onTestFinished(() => page.close());
  return page;
}

test('a lost listening connection is replaced, and open pages catch up', async () => {
  const page = await open(alice);
  await page.hears({ unread: 0 });
  const cut = await app.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'private-messages notifier' and datname = current_database()`,
  );
  expect(cut.rowCount).toBe(1);
  await bob.send('alice', 'While nobody listens');
  await page.hears({ unread: 1 });
  await bob.send('alice', 'And again');
  await page.hears({ unread: 2 });
});

test('a page whose mailbox cannot be read is updated as soon as it can', async () => {
  const page = await open(alice);
  await page.hears({ unread: 2 });
  await app.pool.query('alter table unread rename to unread_gone');
  await app.pool.query(`select pg_notify('mailboxes', id::text) from users where username = 'alice'`);
  await sleep(300);
  await app.pool.query('alter table unread_gone rename to unread');
  await page.hears({ unread: 2 });
});

describe('an ended session', () => {
  test('is reported with the next notification, and its stream closes', async () => {
    const page = await open(bob);
    await page.hears({});
    const other = await registered(app.url, 'bob-again');
    await bob.submit('/inbox', {}, '/logout');
    await other.send('bob', 'Are you there?');
    await page.ended;
    expect(page.text()).toMatch(/event: signed-out\ndata: \{\}\n\n$/);
    expect(page.text()).not.toMatch(/"unread":1/);
  });
});

test('a page that reconnects after a dead connection takes its own slot, not another page’s', async () => {
  const [person] = await signInMany(app.pool, 1);
  const named = async (page: string) => {
    const stream = await openStream(app.url, person!, { page });
    onTestFinished(() => stream.close());
    await stream.hears({});
    return stream;
  };
  const others = [await named('one'), await named('two')];
  for (let count = 0; count < 6; count += 1) {
    const dead = await named('three');
    const again = await named('three');
    await dead.ended;
    expect(dead.text()).not.toContain('paused');
    others[2] = again;
  }
  for (const other of others.slice(0, 2)) expect(other.text()).not.toContain('paused');
  await app.pool.query('delete from users where id = $1', [person!.id]);
});

describe('streams are limited:', () => {
  test('a fifth page of one browser pauses the first, so that a connection stays free', async () => {
    const [person] = await signInMany(app.pool, 1);
    const pages: OpenPage[] = [];
    for (let count = 0; count < 5; count += 1) pages.push(await open(person!));
    await pages[0]!.ended;
    expect(pages[0]!.text()).toMatch(/event: paused\ndata: \{\}\n\n$/);
    for (const page of pages.slice(1)) await page.hears({});
    expect(pages.slice(1).map((page) => page.text()).join('')).not.toContain('paused'); // prettier-ignore
    await app.pool.query('delete from users where id = $1', [person!.id]);
  });

  test('twenty per user over all browsers; the next is refused, and a closed one makes room', async () => {
    const browsers = await signInMany(app.pool, 1, 6);
    const pages: OpenPage[] = [];
    for (let count = 0; count < 20; count += 1) pages.push(await open(browsers[count % 5]!));
    expect(pages.every(({ status }) => status === 200)).toBe(true);
    const refused = await open(browsers[5]!);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '60']);
    expect((await open(alice)).status).toBe(200);
    pages[0]!.close();
    await until(async () => (await open(browsers[5]!)).status === 200);
  });
});

describe('a stream', () => {
  const state = { unread: 1, fresh: 0, isSignedIn: true };
  let streams: Streams;
  let responses: Response[];

  /** A server that does nothing but keep streams; the client reads only on demand. */
  async function connectTo(read = async () => state) {
    responses = [];
    streams = openStreams(() => {});
    const server = createServer((req, res) => {
      responses.push(res as Response);
      streams.add({ ownerId: 'alice', sid: 'browser', res: res as Response, read });
      res.flushHeaders();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => {}); // cut off
    onTestFinished(() => {
      client.destroy();
      streams.close();
      server.close();
    });
    client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await until(() => responses.length === 1);
    return client;
  }

  test('sends a heartbeat every 25 seconds, which keeps proxies from closing it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const client = await connectTo();
    let text = '';
    client.on('data', (data) => (text += String(data)));
    await until(() => text.includes('event: mailbox'));
    vi.advanceTimersByTime(75_000);
    await until(() => text.match(/^event: beat\ndata: \{"at":\d+\}\n\n/gm)?.length === 3);
  });

  test('ends after ten minutes, in case its client is gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const client = await connectTo();
    client.resume();
    vi.advanceTimersByTime(600_000);
    expect(responses[0]!.writableEnded).toBe(false);
    vi.advanceTimersByTime(25_000);
    vi.useRealTimers(); // before the program's clock is read, which never goes back
    expect(responses[0]!.writableEnded).toBe(true);
  });

  test('is closed if its client does not read, before it fills the memory', async () => {
    const client = await connectTo();
    client.pause();
    let most = 0;
    await until(async () => {
      for (let count = 0; count < 500; count += 1) {
        streams.wake([{ ownerId: 'alice', change: 'messages', at: Date.now() }]);
        await new Promise(setImmediate);
        most = Math.max(most, responses[0]!.writableLength);
      }
      return responses[0]!.destroyed;
    }, 60_000);
    expect(most).toBeLessThan(20_000);
  });

  test('that ends while its mailbox is read causes no error', async () => {
    const reading = Promise.withResolvers<typeof state>();
    await connectTo(() => reading.promise);
    await sleep(10);
    responses[0]!.end();
    reading.resolve(state);
    await sleep(50);
    expect(responses[0]!.errored).toBeNull();
  });

  test('is refused during shutdown', async () => {
    await connectTo();
    streams.close();
    const late = { ownerId: 'bob', sid: 'late', res: responses[0]!, read: async () => state };
    expect(streams.add(late)).toBe(false);
  });
});
