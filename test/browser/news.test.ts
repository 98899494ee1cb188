// Notifications on open pages: counted and announced without moving the page.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { desktop, launchBrowser, openPageOf, phone, showFollowing } from '../support/browser.ts';
import { fillMailbox } from '../support/mailboxes.ts';
import { freePort, launch, ready } from '../support/program.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('news in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(() => app.pool.query('delete from messages'));
  afterAll(() => browser?.close());

  /** A page whose stream is open. */
  async function open(path = '/inbox', options = {}, person = alice): Promise<Page> {
    const page = await openPageOf(person, browser, app.url, options);
    await showFollowing(page, path);
    return page;
  }
  const line = (page: Page) => page.locator('.news');

  test('a new message is counted in navigation and title, and announced with a link', async () => {
    const page = await open();
    expect(await page.title()).toBe('Inbox – Private Messages');
    await bob.send('alice', 'First');
    await line(page).getByText('1 new message', { exact: true }).waitFor();
    expect(await page.title()).toBe('(1) Inbox – Private Messages');
    expect(await page.getByRole('link', { name: /^Inbox \(1 unread ?\)$/ }).count()).toBe(1);
    await bob.send('alice', 'Second');
    await line(page).getByText('2 new messages', { exact: true }).waitFor();
    expect(await page.title()).toBe('(2) Inbox – Private Messages');
    expect(await page.locator('.messages li').count()).toBe(0);

    await line(page).getByRole('link').click();
    await page.locator('.messages li').nth(1).waitFor();
    expect(await line(page).isVisible()).toBe(false);
    await page.waitForTimeout(200); // news that is none
    expect(await line(page).isVisible()).toBe(false);
  });

  test('other pages count too, and count down when a message is taken back', async () => {
    const page = await open('/sent');
    await bob.send('alice', 'For a moment');
    await expect.poll(() => page.title()).toBe('(1) Sent – Private Messages');
    const { $ } = await bob.get('/sent');
    await bob.submit('/sent', {}, $('[formaction$="/unsend"]').attr('formaction'));
    await expect.poll(() => page.title()).toBe('Sent – Private Messages');
    expect(await page.locator('[data-unread]').isVisible()).toBe(false);
  });

  describe.each([
    ['a phone', phone],
    ['a desk', desktop],
  ])('nothing moves on %s', (_, viewport) => {
    test.each(['/inbox', '/sent', '/send?to=bob'])('%s', async (path) => {
      await fillMailbox(app.pool, alice, bob, 30);
      const page = await open(path, { viewport });
      await page.evaluate(() => scrollTo(0, 120));
      const boxes = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('body *:not(.news, .news *, [data-unread] *, [data-unread])')].map(
            (element) => {
              const { x, y, width, height } = element.getBoundingClientRect();
              return [element.tagName, x, y, width, height].join(' ');
            },
          ),
        );
      const before = await boxes();
      for (let count = 0; count < 12; count += 1) await bob.send('alice', 'News');
      await expect.poll(() => page.title()).toMatch(/^\(12\)/);
      expect(await boxes()).toEqual(before);
      const [count, next] = await Promise.all([
        page.locator('[data-unread]').boundingBox(),
        page.locator('.main li').nth(1).boundingBox(),
      ]);
      expect(count!.x + count!.width).toBeLessThan(next!.x);
    });
  });

  test('with eight pages open, a ninth still loads, and the visible page is notified', async () => {
    const first = await open();
    const context = first.context();
    for (let count = 0; count < 7; count += 1) await showFollowing(await context.newPage(), '/sent');
    const ninth = await context.newPage();
    await showFollowing(ninth, '/inbox');
    await bob.send('alice', 'To all of you');
    await line(ninth).getByText('1 new message').waitFor();
  });

  test('after a restart of the site, the page reconnects and catches up', async () => {
    const port = String(await freePort());
    const settings = { ...calmSettings, DATABASE_URL: app.databaseUrl, PORT: port };
    const before = await launch(settings);
    onTestFinished(() => void before.process.kill('SIGKILL'));
    await ready(before);
    const page = await openPageOf(alice, browser, before.url, { baseURL: before.url });
    await page.clock.install();
    await showFollowing(page, '/inbox');
    await before.end();

    await bob.send('alice', 'Meanwhile');
    // A proxy answers 502 while the site is away: browsers give up on such a stream.
    await page.route('**/events*', (route) => route.fulfill({ status: 502 }));
    await page.waitForResponse((answer) => answer.status() === 502);
    await page.unroute('**/events*');
    const after = await launch(settings);
    onTestFinished(() => void after.process.kill('SIGKILL'));
    await ready(after);
    await page.clock.runFor(25_000);
    await line(page).getByText('1 new message').waitFor();
  });

  test('after Logout in another tab, a page shows Login and why; one with a text keeps it', async () => {
    const dora = await registered(app.url, 'dora');
    const page = await openPageOf(dora, browser, app.url);
    const writing = await page.context().newPage();
    await showFollowing(page, '/sent');
    await showFollowing(writing, '/send');
    await writing.getByLabel('Message', { exact: true }).fill('Half a thought');
    const third = await page.context().newPage();
    await third.goto('/inbox');
    await third.getByRole('button', { name: 'Logout' }).click();
    await page.bringToFront();
    await page.getByText('You were logged out. Log in to continue.').waitFor();
    expect(page.url()).toBe(`${app.url}/login?next=%2Fsent`);
    await writing.getByText('You were logged out. Your text stays here').waitFor();
    expect(await writing.getByLabel('Message', { exact: true }).inputValue()).toBe('Half a thought');
  });

  test('once signed out elsewhere, the page stops reconnecting', async () => {
    const page = await openPageOf(charlie, browser, app.url);
    await page.clock.install();
    await showFollowing(page, '/inbox');
    await charlie.submit('/inbox', {}, '/logout');
    let asked = 0;
    page.on('request', (request) => (asked += request.url().includes('/events') ? 1 : 0));
    await bob.send('charlie', 'Too late');
    await sleep(5200); // browsers come back within 5 s
    await page.clock.runFor(25_000);
    await sleep(200);
    expect(asked).toBe(0);
    expect(await page.title()).not.toContain('(1)');
  });
});
