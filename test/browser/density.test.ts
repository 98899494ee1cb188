// How many messages are in sight, and where the list is after a change.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { cast } from '../support/cast.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

const long =
  'The plum tree has flowers again, and the neighbour’s cat sleeps under it as if it were hers. '.repeat(9);

describe.skipIf(!available('chromium'))('a list in sight', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    await app.pool.query('delete from messages');
    for (let number = 1; number <= 24; number += 1) await bob.send('alice', `Number ${number}\n\n${long}`);
  });

  const inSight = (page: Page) =>
    page.locator('.messages > li').evaluateAll(
      (rows) =>
        rows.filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          const deletion = row.querySelector('.do button:last-child')!.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight && deletion.right <= innerWidth && deletion.width > 30;
        }).length,
    );

  test.each([
    [1280, 800, 10],
    [1366, 650, 8],
    [360, 740, 5],
  ])('at %i × %i at least %i messages, each with its Delete', async (width, height, least) => {
    const page = await openPageOf(alice, browser, app.url, { viewport: { width, height } });
    await page.goto('/inbox');
    expect(await inSight(page)).toBeGreaterThanOrEqual(least);
    if (width > 1000) {
      const heights = await page
        .locator('.messages > li')
        .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
      expect(Math.max(...heights)).toBeLessThanOrEqual(50);
    }
  });

  test.each([true, false])('after Delete the place is kept (JavaScript: %s)', async (javaScriptEnabled) => {
    const page = await openPageOf(alice, browser, app.url, {
      viewport: { width: 1280, height: 800 },
      javaScriptEnabled,
    });
    await page.goto('/inbox');
    await page
      .locator('li', { hasText: 'Number 4 ' })
      .getByRole('button', { name: /^Delete the message/ })
      .click();
    await page.getByText('Deleted your copy').waitFor();
    const below = page.locator('li', { hasText: 'Number 3 ' });
    const box = (await below.boundingBox())!;
    expect(box.y).toBeGreaterThan(0);
    expect(box.y).toBeLessThan(800);
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(100);
    await expect.poll(() => page.getByRole('button', { name: 'Undo' }).isVisible()).toBe(true);
    const undo = (await page.getByRole('button', { name: 'Undo' }).boundingBox())!;
    expect(undo.y).toBeGreaterThanOrEqual(0); // sticks to the edge
    if (!javaScriptEnabled) return;
    expect(await page.evaluate(() => document.activeElement?.closest('li')?.textContent)).toContain(
      'Number 3',
    );
    expect(new URL(page.url()).hash).toBe(''); // a reload begins at the top
  });

  test('the bar sticks to the edge while something is selected', async () => {
    const page = await openPageOf(alice, browser, app.url, {
      viewport: { width: 360, height: 740 },
      javaScriptEnabled: false,
    });
    await page.goto('/inbox');
    const bar = page.getByRole('group', { name: 'Selected messages' });
    expect((await bar.boundingBox())!.y).toBeGreaterThan(740);
    await page.locator('.tick input').first().check();
    const { y, height } = (await bar.boundingBox())!;
    expect(y + height).toBeLessThanOrEqual(740);
    await page.keyboard.press('Enter'); // on the checkbox: presses no button
    await page.waitForTimeout(200);
    expect(new URL(page.url()).pathname).toBe('/inbox');
    expect(await page.locator('.messages > li').count()).toBe(24);
    await bar.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted your copy').waitFor();
    expect(await page.locator('.messages > li').count()).toBe(23);
  });
});
