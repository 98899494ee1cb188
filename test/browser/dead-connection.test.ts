// A connection that dies silently: the page notices within two heartbeats.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { available } from '../support/required.ts';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('behind a router that drops idle connections', () => {
  let browser: Browser;
  let router: SilentProxy;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await app.pool.query('delete from messages');
    router = await startSilentProxy(app.url);
    onTestFinished(() => router.close());
  });
  afterAll(() => browser?.close());

  /** A page whose clock the test turns, and how often it has opened its stream. */
  async function open(prepare?: (name: string) => void): Promise<{ page: Page; opened: () => number }> {
    const page = await openPageOf(alice, browser, router.url, { baseURL: router.url });
    if (prepare) await page.addInitScript(prepare, 'created');
    let count = 0;
    page.on('request', (request) => (count += request.url().includes('/events') ? 1 : 0));
    await page.clock.install();
    await page.goto('/inbox');
    await bob.send('alice', 'First');
    await says(page, '1 new message');
    return { page, opened: () => count };
  }
  const says = (page: Page, words: string) =>
    page.locator('.news').getByText(words, { exact: true }).waitFor();

  /** Turns the clock until the page says this; returns by how many milliseconds. */
  async function turnUntil(page: Page, words: string): Promise<number> {
    for (let ms = 0; ; ms += 2500) {
      const isSaid = await page.locator('.news').getByText(words, { exact: true }).isVisible();
      if (isSaid || ms > 60_000) return ms;
      await page.clock.runFor(2500);
      await page.waitForTimeout(100);
    }
  }

  test('the page reconnects within two heartbeats, and not sooner', async () => {
    const { page, opened } = await open();
    await page.clock.runFor(40_000);
    expect(opened()).toBe(1);
    router.forget();
    await bob.send('alice', 'Second');
    await page.waitForTimeout(300);
    expect(await page.title()).toMatch(/^\(1\)/);
    await page.clock.runFor(10_000);
    await expect.poll(opened).toBe(2);
    // The browser may try other connections first that have died as well.
    expect(await turnUntil(page, '2 new messages')).toBeLessThan(35_000);
  });

  test('it reconnects sooner when the page becomes visible or the network returns', async () => {
    const { page, opened } = await open();
    router.forget();
    await bob.send('alice', 'Second');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect.poll(opened).toBe(2);
    expect(await turnUntil(page, '2 new messages')).toBeLessThan(35_000);
    router.forget();
    await bob.send('alice', 'Third');
    const before = opened();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect.poll(opened).toBe(before + 1);
    expect(await turnUntil(page, '3 new messages')).toBeLessThan(35_000);
  });

  test('it stays connected while heartbeats arrive', async () => {
    const { page, opened } = await open((created) => {
      window.EventSource = class extends EventSource {
        constructor(address: string | URL) {
          super(address);
          Object.assign(window, { [created]: this });
        }
      };
    });
    for (let count = 0; count < 4; count += 1) {
      await page.clock.runFor(40_000);
      await page.evaluate(
        // As the server says it (test/mailbox/live/streams.test.ts).
        () => (window as any).created.dispatchEvent(new MessageEvent('beat', { data: '{"at":1}' })),
      );
    }
    expect(opened()).toBe(1);
    await page.clock.runFor(50_000);
    await expect.poll(opened).toBe(2);
  });

  test('a connection that dies while opening is retried', async () => {
    const { page, opened } = await open();
    await page.route('**/events*', () => {}); // never an answer
    router.forget();
    await bob.send('alice', 'Second');
    await page.clock.runFor(50_000);
    await expect.poll(opened).toBe(2);
    await page.unroute('**/events*');
    expect(await turnUntil(page, '2 new messages')).toBeLessThan(40_000);
  });
});
