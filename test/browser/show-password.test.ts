// Show password, on every form with one.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPage, openPageOf } from '../support/browser.ts';
import { available } from '../support/required.ts';

const { app, alice } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const buttons = (page: Page) => page.getByRole('button', { name: /^(Show|Hide) password/ });

  test.each([
    ['/login', false, ['Show password']],
    ['/register', false, ['Show password']],
    ['/account/confirm', true, ['Show password']],
    ['/account/delete', true, ['Show password']],
    ['/account/password', true, ['Show password: Your password now', 'Show password: New password']],
  ])('%s has a button for each password', async (path, isSignedIn, names) => {
    const page = await (isSignedIn ? openPageOf(alice, browser, app.url) : openPage(browser, app.url));
    await page.goto(path);
    expect(await buttons(page).allTextContents()).toEqual(names);
    const plain = await (isSignedIn
      ? openPageOf(alice, browser, app.url, { javaScriptEnabled: false })
      : openPage(browser, app.url, { javaScriptEnabled: false }));
    await plain.goto(path);
    expect(await buttons(plain).count()).toBe(0);
  });

  test('it works by keyboard, says what it does, and hides the password before it is sent', async () => {
    const page = await openPage(browser, app.url);
    await page.goto('/login');
    const field = page.getByLabel('Password');
    await page.getByLabel('Username').fill('alice');
    await field.fill('not the password');
    await field.press('Tab');
    await page.keyboard.press('Space');
    expect(await field.getAttribute('type')).toBe('text');
    expect(await page.locator(':focus').textContent()).toBe('Hide password');
    await page.keyboard.press('Enter');
    expect(await field.getAttribute('type')).toBe('password');
    await page.keyboard.press('Enter');
    await page.evaluate(() =>
      document.addEventListener('submit', (event) => {
        event.preventDefault();
        document.title = (document.querySelector('#password') as HTMLInputElement).type;
      }),
    );
    await field.press('Enter');
    expect(await page.title()).toBe('password');
  });
});
