// A real Chromium, as Debian packages it.
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Person } from './person.ts';
import { pathOf } from './required.ts';

export const phone = { width: 320, height: 640 };
export const desktop = { width: 1280, height: 900 };

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf('chromium')!,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A page in a browser profile of its own, on this site, that closes with the test. Fails the test on any error in a
 * script or in the console, such as what the content security policy refused.
 */
export async function openPage(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const { page, troubles } = await openKeptPage(browser, baseURL, options);
  onTestFinished(async () => {
    await page.context().close();
    expect(troubles).toEqual([]);
  });
  return page;
}

/** One that stays open, and the errors on it so far. */
export async function openKeptPage(browser: Browser, baseURL: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ baseURL, ...options });
  context.setDefaultTimeout(10_000);
  const troubles: string[] = [];
  context.on('weberror', (error) => troubles.push(error.error().message));
  context.on('console', (said) => {
    // An answer other than 200 is not the script's fault.
    if (said.type() === 'error' && !said.text().startsWith('Failed to load resource'))
      troubles.push(said.text());
  });
  return { page: await context.newPage(), troubles };
}

/** The same, signed in. */
export async function openPageOf(
  person: Person,
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await openPage(browser, baseURL, options);
  await giveCookies(page, person, baseURL);
  return page;
}

/** Goes there, and waits until the page listens to what happens in the mailbox. */
export async function showFollowing(page: Page, path: string): Promise<void> {
  const stream = page.waitForResponse((answer) => answer.url().includes('/events'));
  await page.goto(path);
  await stream;
}

/** Signs this page's browser in as this person. */
export async function giveCookies(page: Page, person: Person, url: string): Promise<void> {
  const pairs = person.cookies().split('; ');
  const cookies = pairs.map((pair) => {
    const end = pair.indexOf('=');
    return { name: pair.slice(0, end), value: pair.slice(end + 1), url };
  });
  await page.context().addCookies(cookies);
}

export async function register(page: Page, username: string): Promise<void> {
  await page.goto('/register');
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Register' }).click();
  await page.waitForURL('**/inbox');
}
