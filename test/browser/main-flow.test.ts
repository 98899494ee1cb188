// The main flow in a real browser: with and without JavaScript, small and large, by keyboard.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { desktop, launchBrowser, openPage, phone, register } from '../support/browser.ts';
import { available } from '../support/required.ts';

describe.skipIf(!available('chromium'))('in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startApp();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  describe.each([
    { javaScriptEnabled: false, viewport: phone, name: 'ann' },
    { javaScriptEnabled: false, viewport: desktop, name: 'ben' },
    { javaScriptEnabled: true, viewport: phone, name: 'cleo' },
    { javaScriptEnabled: true, viewport: desktop, name: 'dora' },
  ])('JavaScript $javaScriptEnabled at $viewport.width pixels', ({ name, ...options }) => {
    test('two users write to each other and delete what they received', async () => {
      const sender = await openPage(browser, app.url, options);
      const reader = await openPage(browser, app.url, options);
      await register(sender, `${name}_writes`);
      await register(reader, `${name}_reads`);

      await sender.getByRole('link', { name: 'Send Message' }).first().click();
      await sender.getByLabel('To').fill(`${name}_reads`);
      await sender.getByLabel('Message', { exact: true }).fill('\nFirst line\n  👋 مرحبا\n');
      await sender.getByRole('button', { name: 'Send', exact: true }).click();
      await sender.waitForURL('**/inbox');
      expect(await sender.locator('.flash').getByRole('status').textContent()).toBe(`Sent to ${name}_reads.`);

      await reader.goto('/inbox');
      await reader.getByRole('link', { name: `${name}_writes` }).click();
      expect(await reader.locator('.text').textContent()).toBe('\nFirst line\n  👋 مرحبا\n');
      await reader.getByRole('link', { name: 'Back to the inbox' }).click();
      await reader.getByRole('button', { name: /^Delete the message/ }).click();
      await reader.getByText(`Deleted your copy; ${name}_writes keeps theirs.`).waitFor();
      await reader.waitForLoadState();
      expect(await reader.locator('.messages li').count()).toBe(0);

      await reader.getByRole('button', { name: 'Logout' }).click();
      await reader.getByRole('link', { name: 'Login' }).first().waitFor();
      await reader.goto('/inbox');
      expect(new URL(reader.url()).pathname).toBe('/login');
      await Promise.all([sender, reader].map((page) => page.context().close()));
    });
  });

  test('a refused form keeps its input and focuses the wrong field', async () => {
    const page = await openPage(browser, app.url, { javaScriptEnabled: false });
    await register(page, 'frank');
    await page.goto('/send?to=nobody-here');
    await page.getByLabel('Message', { exact: true }).fill('\n\nkept');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const recipient = page.getByLabel('To');
    expect(await recipient.getAttribute('aria-invalid')).toBe('true');
    // A browser moves the focus when it first draws the page.
    await expect
      .poll(() => recipient.evaluate((input) => input === input.ownerDocument.activeElement), {
        timeout: 10_000,
      })
      .toBe(true);
    const described = (await recipient.getAttribute('aria-describedby'))!.split(' ')[0]!;
    expect(await page.locator(`#${described}`).textContent()).toBe('Nobody here has that username.');
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('\n\nkept');
  });

  test('the main flow works with the keyboard alone', async () => {
    const page = await openPage(browser, app.url, { javaScriptEnabled: false });
    const keys = page.keyboard;
    await page.goto('/');
    await tabTo(page, 'Register');
    await keys.press('Enter');
    await page.waitForURL('**/register');
    await tabTo(page, 'username');
    await keys.type('greta');
    await keys.press('Tab');
    await keys.type('a long enough password');
    await keys.press('Enter');
    await page.waitForURL('**/inbox');

    await tabTo(page, 'Send Message');
    await keys.press('Enter');
    await page.waitForURL('**/send');
    await tabTo(page, 'recipient');
    await keys.type('greta');
    await tabTo(page, 'body');
    await keys.type('a note to myself');
    await tabTo(page, 'Send');
    await keys.press('Enter');
    await page.waitForURL('**/inbox');
    expect(await page.locator('.messages .excerpt').textContent()).toBe('a note to myself');

    await tabTo(page, 'Delete');
    expect(await focusRing(page)).not.toBe('0px');
    await keys.press('Enter');
    await page.getByText('Deleted your copy.').waitFor();
    await page.waitForLoadState();
    expect(await page.locator('.messages li').count()).toBe(0);
    await tabTo(page, 'Logout');
    await keys.press('Enter');
    await page.waitForURL(`${app.url}/`);
  });
});

/** Presses Tab until the focus is on the thing with this name or these words. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement & { name?: string };
      return [element.name ?? '', element.textContent.trim()];
    });
    if (focus.some((words) => words === name || (name === 'Delete' && words.startsWith(name)))) return;
  }
  throw new Error(`Tab never came to ${name}.`);
}

function focusRing(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth);
}
