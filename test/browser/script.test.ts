// The scripts: small, and optional whatever the browser refuses.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transaction } from '../../src/database/transaction.ts';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';

test.each([
  ['app.js', 6000],
  ['live.js', 5000],
  ['writing.js', 4000],
])('%s weighs less than %i bytes compressed, and is the only script', (name, bytes) => {
  const script = readFileSync(new URL(`../../public/${name}`, import.meta.url));
  expect(gzipSync(script).length).toBeLessThan(bytes);
  expect(String(script)).not.toMatch(/^import |import\(/m);
});

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('in a browser that refuses', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  /** Runs in the page before any script of ours. */
  const refusals: [what: string, refuse: () => void][] = [
    [
      'to keep anything',
      () =>
        Object.defineProperty(window, 'localStorage', {
          get: () => {
            throw new DOMException('Not allowed', 'SecurityError');
          },
        }),
    ],
    ['event streams', () => Reflect.deleteProperty(window, 'EventSource')],
    ['requests by scripts', () => void (window.fetch = () => Promise.reject(new TypeError('refused')))],
  ];

  test('a double click submits a form once, and the answer is shown', async () => {
    const carol = await registered(app.url, 'carol');
    const page = await openPageOf(carol, browser, app.url);
    await page.goto('/account/confirm?next=/account/export');
    await page.getByLabel('Password').fill(carol.password);
    const sent: string[] = [];
    page.on('request', (request) => void (request.method() === 'POST' && sent.push(request.url())));
    await transaction(app.pool, async (db) => {
      await db.query('lock table users'); // no answer before the second click
      await page.getByRole('button', { name: 'Continue' }).dblclick({ delay: 100, noWaitAfter: true });
    });
    await page.waitForURL(`${app.url}/account/export`);
    expect(sent).toHaveLength(1);
  });

  test.each(refusals)('%s, everything else works', async (_, refuse) => {
    await bob.send('alice', 'Good morning');
    const page = await openPageOf(alice, browser, app.url);
    await page.addInitScript(refuse);
    await page.goto('/inbox');
    expect(await page.locator('.messages time').first().getAttribute('title')).not.toContain('UTC');
    await page.getByLabel('All on this page').check();
    expect(await page.locator('.messages .tick input:not(:checked)').count()).toBe(0);
    await switchKeysOff(page);
    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('x'.repeat(9500));
    await page.getByText('500 characters left').waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Sent to bob.').waitFor();
    await page.waitForLoadState(); // and the script has run
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/messages/*');
  });

  async function switchKeysOff(page: Page): Promise<void> {
    await page.keyboard.press('?');
    await page.getByLabel('Use shortcuts').uncheck();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('c');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    expect(new URL(page.url()).pathname).toBe('/inbox');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await page.getByLabel('Use shortcuts').check();
    await page.keyboard.press('Escape');
  }

  test('on a touch screen, keyboard shortcuts still work', async () => {
    const page = await openPageOf(alice, browser, app.url, { hasTouch: true, isMobile: true });
    await page.goto('/inbox');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: 'Sent', exact: true }).click();
    await page.waitForURL('**/sent');
  });
});
