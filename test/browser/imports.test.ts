// Imports in a browser: progress that moves by itself, with and without JavaScript, on whichever device.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';

describe.skipIf(!available('chromium'))('in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    [app, browser] = [await startApp(), await launchBrowser()];
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  /** A messages.json with so many messages. */
  function messagesFile(count: number) {
    const lines = Array.from({ length: count }, (_, n) => {
      const sentAt = new Date(1_700_000_000_000 + n);
      const fields = { id: newId(sentAt), box: 'inbox', with: 'bob', notice: false, sentAt };
      return JSON.stringify({
        ...fields,
        unread: true,
        trashedAt: null,
        body: `${n} ${'word '.repeat(150)}`,
      });
    });
    return {
      name: 'messages.json',
      mimeType: 'application/json',
      buffer: Buffer.from(`[\n${lines.join(',\n')}\n]\n`),
    };
  }

  test('the upload shows its progress, and the page becomes that of the result without being loaded again', async () => {
    const tab = await openPageOf(await registered(app.url, 'alice'), browser, app.url);
    const network = await tab.context().newCDPSession(tab);
    await network.send('Network.enable');
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 };
    await network.send('Network.emulateNetworkConditions', slow);
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(6000));
    await tab.getByRole('button', { name: 'Import' }).click({ noWaitAfter: true });
    await tab.getByText(/^Uploading: [\d.]+ of [\d.]+ MB\.$/).waitFor();
    expect(await tab.locator('[data-uploading] progress').getAttribute('value')).not.toBeNull();
    expect(await tab.getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);

    await tab.locator('[data-import=running]').waitFor({ timeout: 30_000 });
    await tab.evaluate(() => document.documentElement.setAttribute('data-kept', ''));
    await tab.getByText(/^Writing: [\d,]+ of 6,000 messages\.$/).waitFor({ timeout: 30_000 });
    await tab.getByText('Imported 6,000 messages.').waitFor({ timeout: 60_000 });
    expect(await tab.locator('html[data-kept]').count()).toBe(1);
    expect(await tab.evaluate(() => document.activeElement?.id)).toBe('result-title');
  });

  test('without JavaScript the page loads itself again until the import is done', async () => {
    const bob = await registered(app.url, 'bob');
    const tab = await openPageOf(bob, browser, app.url, { javaScriptEnabled: false });
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(3000));
    await tab.getByRole('button', { name: 'Import' }).click();
    await tab.locator('[data-import=running]').waitFor();
    await tab.getByText('Imported 3,000 messages.').waitFor({ timeout: 60_000 });
  });

  test('it goes on when the tab is closed after the upload', async () => {
    const carol = await registered(app.url, 'carol');
    const tab = await openPageOf(carol, browser, app.url);
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(3000));
    await tab.getByRole('button', { name: 'Import' }).click();
    await tab.locator('[data-import=running]').waitFor();
    await tab.close();
    const later = await openPageOf(carol, browser, app.url);
    await later.goto('/account/import');
    await later.getByText('Imported 3,000 messages.').waitFor({ timeout: 60_000 });
  });
});
