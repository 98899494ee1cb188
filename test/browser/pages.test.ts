// Every page as it is delivered: accessible (axe), valid, light, and no wider than a phone.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { HtmlValidate } from 'html-validate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { desktop, giveCookies, launchBrowser, openPage, phone } from '../support/browser.ts';
import { at, stranger } from '../support/person.ts';
import { available } from '../support/required.ts';
import { fillMailbox, pages, type PageCase } from './every-page.ts';

const { app, alice } = await cast();
const byInvitation = await startApp({ REGISTRATION: 'invite', MEMBERS_INVITE: '3' }, app.databaseUrl);
beforeAll(() => fillMailbox(app, alice));
afterAll(() => Promise.all([app.close(), byInvitation.close()]));

const urlOf = (page: PageCase) => (page.isByInvitation ? byInvitation.url : app.url);
const visitor = (page: PageCase) => (page.isPublic ? stranger(urlOf(page)) : at(urlOf(page), alice));

describe('the HTML of every page', () => {
  const validator = new HtmlValidate({
    extends: ['html-validate:standard'],
    // Questions of taste: void elements without a slash, and buttons that submit because that is what buttons do.
    rules: {
      'void-style': 'off',
      'no-implicit-button-type': 'off',
      'no-trailing-whitespace': 'off',
      'attribute-boolean-style': 'off',
      'no-raw-characters': 'off',
    },
  });

  test.each(pages)('$name is valid', async (page) => {
    const { text } = await page.open(visitor(page));
    const report = await validator.validateString(text);
    const findings = report.results.flatMap((result) => result.messages);
    expect(findings.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
  });

  test.each(pages)('$name weighs less than 20 kB with stylesheet and script', async (page) => {
    const { text } = await page.open(visitor(page));
    const files = [...text.matchAll(/"\/assets\/([^?"]+\.(?:css|js))/g)].map(([, name]) =>
      readFileSync(new URL(`../../public/${name}`, import.meta.url)),
    );
    expect(files.length).toBeGreaterThan(0);
    const weight = [Buffer.from(text), ...files].reduce((sum, file) => sum + gzipSync(file).length, 0);
    expect(weight).toBeLessThan(20_000);
    expect(brotliCompressSync(Buffer.from(text)).length).toBeLessThan(20_000);
  });
});

type RunOnly = Parameters<AxeBuilder['options']>[0]['runOnly'];
const everyRule: RunOnly = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** All that a dark page has of its own. */
const contrast: RunOnly = { type: 'rule', values: ['color-contrast'] };

describe.skipIf(!available('chromium'))('every page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(pages)('$name passes axe and fits the screen', async (page) => {
    const tab = await openPage(browser, urlOf(page));
    if (!page.isPublic) await giveCookies(tab, alice, urlOf(page));
    await page.show(tab);
    for (const viewport of [phone, desktop]) {
      await tab.setViewportSize(viewport);
      await tab.emulateMedia({ colorScheme: 'light' });
      expect(await findFaults(tab, everyRule), `${viewport.width} pixels`).toEqual([]);
      await tab.emulateMedia({ colorScheme: 'dark' });
      expect(await findFaults(tab, contrast), `dark, ${viewport.width} pixels`).toEqual([]);
    }
  });

  /** What axe finds by these rules, and whether one has to scroll sideways. */
  async function findFaults(tab: Page, rules: RunOnly): Promise<string[]> {
    // In "legacy mode" it opens no page of its own for the results of frames: there are none here, and it takes half the time.
    const { violations } = await new AxeBuilder({ page: tab })
      .setLegacyMode()
      .options({ runOnly: rules })
      .analyze();
    const { scrollWidth, clientWidth } = await tab.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    return [
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
      ...(scrollWidth > clientWidth ? [`${scrollWidth - clientWidth} pixels too wide`] : []),
    ];
  }
});
