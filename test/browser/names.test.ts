// Names in a browser: an underline leaves the underscores of a name visible.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    await (await registered(app.url, 'a_b_c')).send('alice', 'Words with https://example.org/a_b in them');
  });
  afterAll(() => browser?.close());

  test.each(['/inbox', '/with/a_b_c', '/account'])(
    'underlines on %s are below the underscore',
    async (path) => {
      const page = await openPageOf(alice, browser, app.url);
      await page.goto(path);
      const offsets = await page.locator('a, button').evaluateAll((elements) =>
        elements.map((element) => {
          const { fontSize, textUnderlineOffset } = getComputedStyle(element);
          return Number.parseFloat(textUnderlineOffset) / Number.parseFloat(fontSize);
        }),
      );
      const underlined = offsets.filter((offset) => !Number.isNaN(offset));
      expect(underlined.length).toBeGreaterThan(3);
      expect(Math.min(...underlined)).toBeGreaterThan(0.3); // the underscore ends 0.24 em below the line
    },
  );
});
