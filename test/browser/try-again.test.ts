// An error page in a browser: it comes back by itself, and is accessible and valid.
import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf, phone } from '../support/browser.ts';
import { openLink, type Link } from '../support/link.ts';
import { available } from '../support/required.ts';

let link: Link;
const address = async (databaseUrl: string) => (link = await openLink(databaseUrl)).url;
const { app, alice } = await cast({}, { address });
afterAll(async () => {
  await app.close();
  await link!.close();
});

describe.skipIf(!available('chromium'))('while the database is away', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each([true, false])(
    'with JavaScript: %s, the page comes back by itself',
    async (javaScriptEnabled) => {
      const page = await openPageOf(alice, browser, app.url, { javaScriptEnabled, viewport: phone });
      await link.cut();
      await page.goto('/sent');
      await page.getByRole('link', { name: 'Try again' }).waitFor();
      const report = await new HtmlValidate({
        extends: ['html-validate:a11y'],
        rules: { 'meta-refresh': 'off' },
      }).validateString(await page.content());
      expect(report.results.flatMap(({ messages }) => messages)).toEqual([]);
      if (javaScriptEnabled) {
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(),
        );
        expect(violations).toEqual([]);
      }
      await link.mend();
      await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
    },
  );
});
