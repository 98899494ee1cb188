// How many presses the daily jobs take, from the inbox or from the message that is read. Typing is none.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { cast } from '../support/cast.ts';
import { newestOf } from '../support/inbox.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('presses', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    await bob.submit('/account/name', { displayName: 'Bob Whitfield' });
  });
  afterAll(() => browser?.close());
  let presses = 0;
  beforeEach(async () => {
    presses = 0;
    await app.pool.query('delete from messages');
    await bob.send('alice', 'An old message');
    for (let count = 0; count < 30; count += 1) await alice.send('charlie', `Later ${count}`);
  });

  async function press(button: Locator): Promise<void> {
    presses += 1;
    await button.click();
  }
  const open = async (path: string, javaScriptEnabled: boolean): Promise<Page> => {
    const page = await openPageOf(alice, browser, app.url, { javaScriptEnabled });
    await page.goto(path);
    return page;
  };
  const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
  const send = (page: Page) => page.getByRole('button', { name: 'Send', exact: true });

  test.each([true, false])('two to reply to what one reads (JavaScript: %s)', async (hasScripts) => {
    const inbox = await alice.get('/inbox');
    const page = await open(inbox.$('.messages h2 a').attr('href')!, hasScripts);
    await press(link(page, 'Reply'));
    await page.keyboard.type('An answer');
    await press(send(page));
    await page.getByText('Sent to').waitFor();
    expect([presses, (await newestOf(bob))!.body]).toEqual([2, 'An answer']);
  });

  test.each([true, false])('two to an old message of a person (JavaScript: %s)', async (hasScripts) => {
    const page = await open('/inbox', hasScripts);
    await press(link(page, 'Conversations'));
    await press(page.locator('.messages h2 a', { hasText: 'bob' }));
    await page.getByText('An old message').waitFor();
    expect(presses).toBe(2);
  });

  test.each([true, false])(
    'three to write to somebody half remembered (JavaScript: %s)',
    async (hasScripts) => {
      const page = await open('/inbox', hasScripts);
      await press(link(page, 'Send Message'));
      await press(page.getByRole('button', { name: 'Bob Whitfield' }));
      await expect.poll(() => page.getByLabel('To', { exact: true }).inputValue()).toMatch(/bob/);
      await page.getByLabel('Message', { exact: true }).fill('Was it you?');
      await press(send(page));
      await page.getByText('Sent to').waitFor();
      expect([presses, (await newestOf(bob))!.body]).toEqual([3, 'Was it you?']);
    },
  );
});
