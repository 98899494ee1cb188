// Sending without a connection: the text stays on its page, and is sent once when the connection is back.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('a page that loses its connection', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const alert = (page: Page) => page.getByRole('alert');
  const press = (page: Page) => page.getByRole('button', { name: 'Send', exact: true }).click();
  const received = async (text: string) => {
    const { rows } = await app.pool.query<{ count: number }>(
      `select count(*)::int from messages where box = 'inbox' and body = $1`,
      [text],
    );
    return rows[0]!.count;
  };

  test.each([
    ['/send?to=bob', 'Message', '/inbox'],
    ['/with/bob', 'Write to bob', '/with/bob'],
  ])('%s keeps the text, says so, and sends it by itself, once', async (path, label, next) => {
    const text = `In a tunnel, on ${path}`;
    const page = await openPageOf(alice, browser, app.url);
    await page.goto(path);
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.context().setOffline(true);
    await press(page);
    await alert(page).getByText('You are offline. Your message is kept here').waitFor();
    expect(await page.getByLabel(label, { exact: true }).inputValue()).toBe(text);
    await press(page); // as impatient people do
    await page.context().setOffline(false);
    await page.getByText('Sent to bob.').waitFor();
    expect(new URL(page.url()).pathname).toBe(next);
    expect(await received(text)).toBe(1);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test('a server that does not answer, or whose proxy says so, is no connection either', async () => {
    const page = await openPageOf(alice, browser, app.url);
    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('To a server that is away');
    for (const answer of [
      undefined,
      { status: 502, body: 'Bad gateway' },
      { status: 503, body: 'Back in a moment' },
    ]) {
      await page.route('**/send', (route) => (answer ? route.fulfill(answer) : route.abort()));
      await press(page);
      await alert(page).getByText('The server cannot be reached. Your message is kept here').waitFor();
      await page.unroute('**/send');
    }
    await press(page);
    await page.getByText('Sent to bob.').waitFor();
    expect(await received('To a server that is away')).toBe(1);
  });

  test('a text that is being changed is not sent by itself', async () => {
    const page = await openPageOf(alice, browser, app.url);
    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('Not quite');
    await page.context().setOffline(true);
    await press(page);
    await alert(page).waitFor();
    await page.getByLabel('Message', { exact: true }).press('End');
    await page.getByLabel('Message', { exact: true }).pressSequentially(' yet');
    await alert(page).getByText('Press the button when the connection is back.').waitFor();
    await page.context().setOffline(false);
    await page.waitForTimeout(6000); // longer than it waits between two attempts
    expect(await received('Not quite')).toBe(0);
    await press(page);
    await page.getByText('Sent to bob.').waitFor();
    expect(await received('Not quite yet')).toBe(1);
  });

  test('the text survives a reload in its tab, for its writer alone', async () => {
    const carol = await registered(app.url, 'carol');
    const page = await openPageOf(carol, browser, app.url);
    await page.goto('/send');
    await page.getByLabel('To').fill('bob');
    await page.getByLabel('Message', { exact: true }).fill('Half way');
    await page.route('**/send', (route) =>
      route.request().method() === 'HEAD' ? route.abort() : route.continue(),
    );
    await press(page);
    await alert(page).waitFor();
    await page.waitForFunction(() => sessionStorage.length === 1);
    const stored = await page.evaluate(() => sessionStorage.getItem('unsent'));
    expect(stored).toMatch(/^[\d,]+$/); // encrypted
    const another = await openPageOf(bob, browser, app.url);
    await another.goto('/inbox');
    await another.evaluate((kept) => sessionStorage.setItem('unsent', kept!), stored);
    await another.goto('/send');
    await another.waitForFunction(() => sessionStorage.length === 0);
    expect(await another.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    await page.reload();
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Half way');
    expect(await page.getByLabel('To').inputValue()).toBe('bob');
    await page.unroute('**/send');
    await press(page);
    await page.getByText('Sent to bob.').waitFor();
    expect(await received('Half way')).toBe(1);

    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('Private');
    await page.route('**/send', (route) => route.abort());
    await press(page);
    await alert(page).waitFor();
    await page.waitForFunction(() => sessionStorage.length === 1);
    await page.getByRole('button', { name: 'Logout' }).click();
    await page.waitForURL(`${app.url}/`);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test('a draft is kept in the same way', async () => {
    const page = await openPageOf(bob, browser, app.url);
    await page.goto('/send?to=alice');
    await page.getByLabel('Message', { exact: true }).fill('For later');
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Save draft' }).click();
    await alert(page).waitFor();
    await page.context().setOffline(false);
    await page.getByText('Saved as a draft.').waitFor();
    expect(await received('For later')).toBe(0);
  });
});
