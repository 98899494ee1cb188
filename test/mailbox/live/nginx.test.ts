// Event streams through nginx: passed on immediately.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { castBehindNginx, type CastBehindNginx } from '../../support/cast.ts';
import { available } from '../../support/required.ts';
import { openStream } from './listening.ts';

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let site: CastBehindNginx;
  beforeAll(async () => {
    site = await castBehindNginx();
  });
  afterAll(() => site?.close());

  test('messages are pushed promptly, several on one stream', async () => {
    const { nginx, alice, bob } = site;
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
    const { nginx, charlie } = site;
    for (let round = 0; round < 8; round += 1) {
      const pages = await Promise.all(Array.from({ length: 4 }, () => openStream(nginx.url, charlie)));
      for (const page of pages) {
        expect(page.status).toBe(200);
        page.close();
      }
    }
  });
});
