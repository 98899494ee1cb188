// News through nginx: passed on at once, byte by byte.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { startNginx, type Nginx } from '../../support/nginx.ts';
import { registered } from '../../support/person.ts';
import { available } from '../../support/required.ts';
import { openStream } from './listening.ts';

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let app: TestApp;
  let nginx: Nginx;
  beforeAll(async () => {
    app = await startApp({ TRUST_PROXY: '1' });
    nginx = await startNginx(app.url);
  });
  afterAll(async () => {
    await nginx?.close();
    await app?.close();
  });

  test('messages are pushed promptly, several on one stream', async () => {
    const alice = await registered(nginx.url, 'alice');
    const bob = await registered(nginx.url, 'bob');
    const page = await openStream(nginx.url, alice, '00000000-0000-0000-0000-000000000000');
    onTestFinished(() => page.close());
    expect(page.headers['content-encoding']).toBeUndefined();
    await page.hears({ unread: 0 });
    for (const count of [1, 2, 3]) {
      await bob.send('alice', `Number ${count}`);
      await page.hears({ unread: count, fresh: count }, 5000);
    }
  });

  test('closing a page closes its stream in the app', async () => {
    const charlie = await registered(nginx.url, 'charlie');
    for (let round = 0; round < 8; round += 1) {
      const pages = await Promise.all(Array.from({ length: 4 }, () => openStream(nginx.url, charlie)));
      for (const page of pages) {
        expect(page.status).toBe(200);
        page.close();
      }
    }
  });
});
