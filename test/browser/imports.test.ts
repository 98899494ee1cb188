// Imports in a browser: live progress on every device, with and without JavaScript.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messages, slowDownWriting } from '../transfers/imports/jobs.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { cast } from '../support/cast.ts';
import { at } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pm-browser-imports-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    await slowDownWriting(app.pool);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** The path of a messages.json with so many messages. */
  function messagesFile(count: number): string {
    const path = join(folder, `${count}.json`);
    writeFileSync(path, messages(count, 'word '.repeat(150)));
    return path;
  }

  /** The app behind a line that carries so many bytes a second towards it. */
  async function slowLine(to: string, bytesPerSecond: number) {
    const { hostname, port } = new URL(to);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      far.pipe(near);
      near.on('data', (data) => {
        far.write(data);
        near.pause();
        setTimeout(() => near.resume(), (data.length / bytesPerSecond) * 1000);
      });
      for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => near.destroy());
      near.on('close', () => far.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  }

  test('the upload shows its progress, and the page becomes the result without a reload', async () => {
    const slow = await slowLine(app.url, 1_000_000);
    const tab = await openPageOf(at(slow.url, alice), browser, slow.url);
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(3000));
    // Nobody may look into a page that waits for the answer to its form: it writes down itself what it shows.
    await tab.locator('[data-uploading] [data-words]').evaluate((words) => {
      const note = () => {
        const isWaiting = document.querySelector<HTMLButtonElement>('.primary')?.disabled;
        const seen = sessionStorage.getItem('seen') ?? '';
        sessionStorage.setItem('seen', `${seen}${words.textContent}:${isWaiting}\n`);
      };
      new MutationObserver(note).observe(words, { childList: true });
    });
    await tab.getByRole('button', { name: 'Import' }).click({ noWaitAfter: true });
    await tab.locator('[data-import=running]').waitFor({ timeout: 60_000 });
    const seen = await tab.evaluate(() => sessionStorage.getItem('seen'));
    expect(seen).toMatch(/^Uploading: [\d.]+ of [\d.]+ MB\.:true$/m);
    await tab.evaluate(() => document.documentElement.setAttribute('data-kept', ''));
    await tab.getByText(/^Writing: [\d,]+ of 3,000 messages\.$/).waitFor({ timeout: 30_000 });
    await tab.getByText('Imported 3,000 messages.').waitFor({ timeout: 60_000 });
    expect(await tab.locator('html[data-kept]').count()).toBe(1);
    expect(await tab.evaluate(() => document.activeElement?.id)).toBe('result-title');
    slow.close();
  });

  test('without JavaScript the page reloads itself until the import is done', async () => {
    const tab = await openPageOf(bob, browser, app.url, { javaScriptEnabled: false });
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(1500));
    await tab.getByRole('button', { name: 'Import' }).click();
    await tab.locator('[data-import=running]').waitFor();
    await tab.getByText('Imported 1,500 messages.').waitFor({ timeout: 60_000 });
  });

  test('it continues when the tab is closed after the upload', async () => {
    const tab = await openPageOf(charlie, browser, app.url);
    await tab.goto('/account/import');
    await tab.setInputFiles('#file', messagesFile(1500));
    await tab.getByRole('button', { name: 'Import' }).click();
    await tab.locator('[data-import=running]').waitFor();
    await tab.close();
    const later = await openPageOf(charlie, browser, app.url);
    await later.goto('/account/import');
    await later.getByText('Imported 1,500 messages.').waitFor({ timeout: 60_000 });
  });
});
