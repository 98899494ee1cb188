// Times in a real browser use the server's clock and the reader's calendar.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { available } from '../support/required.ts';
import { addMessage } from '../mailbox/search/found.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('times in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(() => app.pool.query('delete from messages'));
  afterAll(() => browser?.close());

  const hour = 3_600_000;
  const agoOf = (hours: number) => new Date(Date.now() - hours * hour).toISOString();

  test.each([-40 * 24 * hour, -3 * hour, 0, 5 * hour, 400 * 24 * hour])(
    'a clock that is off by %i ms changes nothing',
    async (wrong) => {
      await addMessage(app.pool, bob, 'alice', 'Hello', new Date(Date.now() - 5 * 60_000).toISOString());
      await addMessage(app.pool, bob, 'alice', 'Hello', agoOf(49));
      const page = await openPageOf(alice, browser, app.url, { timezoneId: 'UTC' });
      await page.addInitScript((by) => {
        const now = Date.now.bind(Date);
        Date.now = () => now() + by;
      }, wrong);
      await page.goto('/inbox');
      const times = await page.locator('.messages time').allTextContents();
      expect(times[0]).toBe('5 minutes ago');
      expect(times[1]).toMatch(/^[23] days ago$/);
    },
  );

  test('“yesterday” is the previous day on the time zone’s calendar', async () => {
    // Two hours and some ago is today in one of these zones and yesterday in the other, whatever the time is now.
    const zones = Intl.supportedValuesOf('timeZone').filter((name) => !name.startsWith('Etc/'));
    const hourIn = (timeZone: string) =>
      Number(new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format());
    const early = zones.find((zone) => hourIn(zone) === 1)!;
    const late = zones.find((zone) => hourIn(zone) === 12)!;
    await addMessage(app.pool, bob, 'alice', 'Hello', agoOf(2.02));
    for (const [timezoneId, words] of [[early, 'yesterday'], [late, '2 hours ago']] as const) {
      const page = await openPageOf(alice, browser, app.url, { timezoneId });
      await page.goto('/inbox');
      expect(await page.locator('.messages time').textContent(), timezoneId).toBe(words);
    }
  }); // prettier-ignore

  test('the browser sends its time zone, and searches by day use it', async () => {
    await addMessage(app.pool, bob, 'alice', 'Late', '2026-10-31T12:00:00Z');
    const page = await openPageOf(alice, browser, app.url, { timezoneId: 'Pacific/Auckland' });
    await page.goto('/inbox');
    await page.goto('/search?q=after:2026-10-31');
    expect(await page.locator('main').textContent()).toContain('Days are in Pacific/Auckland, as your browser says.'); // prettier-ignore
    expect(await page.locator('.messages > li').count()).toBe(1);
    await page.goto('/search?q=after:2026-11-01');
    expect(await page.locator('.messages > li').count()).toBe(0);
  });

  test('the account’s setting takes precedence, in the script too', async () => {
    await addMessage(app.pool, bob, 'alice', 'Hello', '2026-07-01T22:34:00Z');
    await alice.submit('/account/time-zone', { timeZone: 'Asia/Tokyo' });
    const page = await openPageOf(alice, browser, app.url, { timezoneId: 'America/New_York' });
    await page.goto('/inbox');
    expect(await page.locator('.messages time').getAttribute('title')).toMatch(
      /^Thursday,? 2 July 2026 at 07:34$/,
    );
    expect(await page.locator('.messages time').textContent()).toBe('2 Jul 2026');
    await page.goto('/account/time-zone');
    await page.getByLabel('Time zone').selectOption('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.goto('/inbox');
    expect(await page.locator('.messages time').getAttribute('title')).toMatch(
      /^Wednesday,? 1 July 2026 at 18:34$/,
    );
  });
});
