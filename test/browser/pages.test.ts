// Every page is accessible (axe), valid HTML, small, and fits a phone.
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { desktop, giveCookies, launchBrowser, openKeptPage, phone } from '../support/browser.ts';
import { at, registered, stranger, type Person } from '../support/person.ts';
import { available } from '../support/required.ts';
import { fillMailbox, pages, type PageCase } from './every-page.ts';

const { app } = await cast();
const byInvitation = await startApp({ REGISTRATION: 'invite', MEMBERS_INVITE: '3' }, app.databaseUrl);
const byApproval = await startApp({ REGISTRATION: 'approve' }, app.databaseUrl);
/** Of thirty letters, the longest name there is. */
let owner: Person;
beforeAll(async () => {
  owner = await registered(app.url, 'maximilianwolfeschlegelsteinha');
  await fillMailbox(app, owner);
  await owner.send(owner.username, 'A note');
});
afterAll(() => Promise.all([app, byInvitation, byApproval].map((each) => each.close())));

const urlOf = (page: PageCase) =>
  (page.isByInvitation ? byInvitation : page.isByApproval ? byApproval : app).url;
const visitor = (page: PageCase) => (page.isPublic ? stranger(urlOf(page)) : at(urlOf(page), owner));

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

  test.each(pages)(
    '$name is valid, and weighs less than 22.5 kB with stylesheet and script',
    async (page) => {
      const { text } = await page.open(visitor(page));
      const report = await validator.validateString(text);
      const findings = report.results.flatMap((result) => result.messages);
      expect(findings.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);

      const files = [...text.matchAll(/"\/assets\/([^?"]+\.(?:css|js))/g)].map(([, name]) => name!);
      expect(files.length).toBeGreaterThan(0);
      const weight = files.reduce((sum, file) => sum + weightOf(file), gzipSync(text).length);
      expect(weight).toBeLessThan(22_500);
    },
  );

  const weights = new Map<string, number>();
  function weightOf(file: string): number {
    if (!weights.has(file))
      weights.set(file, gzipSync(readFileSync(new URL(`../../public/${file}`, import.meta.url))).length);
    return weights.get(file)!;
  }
});

const everyRule: axe.RunOnly = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** All that a dark page has of its own. */
const contrast: axe.RunOnly = { type: 'rule', values: ['color-contrast'] };

interface Screen {
  name: string;
  /** In CSS pixels: 1280 pixels at 400 % are 320 of them, a phone of 390 at 200 % has 195. */
  width: number;
  /** What the browser's own setting makes of 16 pixels. */
  fontSize: number;
  /** For what scales the text alone in another way. */
  rootSize?: string;
}
const screens: Screen[] = [
  { name: '1280 pixels', width: 1280, fontSize: 16 },
  { name: '320 pixels, or 1280 at 400 %', width: 320, fontSize: 16 },
  { name: 'a phone with twice the font size', width: 390, fontSize: 32 },
  { name: 'a phone with text at 200 %', width: 390, fontSize: 16, rootSize: '200%' },
  { name: 'a phone at 200 %', width: 195, fontSize: 16 },
  { name: '320 pixels with text at 200 %', width: 320, fontSize: 16, rootSize: '200%' },
];

describe.skipIf(!available('chromium'))('every page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** One for each site: a new one would compile axe again, which takes longer than the checks of a page. */
  const tabs = new Map<string, Awaited<ReturnType<typeof openKeptPage>>>();
  const tabAt = async (url: string) => {
    if (!tabs.has(url)) tabs.set(url, await openKeptPage(browser, url));
    return tabs.get(url)!;
  };
  const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  test.each(pages)('$name passes axe and fits every screen', async (page) => {
    const { page: tab, troubles } = await tabAt(urlOf(page));
    const devtools = await tab.context().newCDPSession(tab);
    onTestFinished(async () => {
      await tab.evaluate(() => [localStorage, sessionStorage].forEach((storage) => storage.clear()));
      await tab.context().clearCookies();
      await devtools.send('Page.setFontSizes', { fontSizes: { standard: 16, fixed: 13 } });
      await tab.setViewportSize(desktop);
      await tab.emulateMedia({ colorScheme: 'light' });
      await devtools.detach();
      expect(troubles.splice(0)).toEqual([]);
    });
    if (!page.isPublic) await giveCookies(tab, owner, urlOf(page));
    await page.show(tab);
    // Not as tab.evaluate(), which would send all of it back.
    await devtools.send('Runtime.evaluate', { expression: axeSource, returnByValue: false });
    for (const viewport of [phone, desktop]) {
      await tab.setViewportSize(viewport);
      await tab.emulateMedia({ colorScheme: 'light' });
      expect(await findViolations(tab, everyRule), `${viewport.width} pixels`).toEqual([]);
      await tab.emulateMedia({ colorScheme: 'dark' });
      expect(await findViolations(tab, contrast), `dark, ${viewport.width} pixels`).toEqual([]);
    }
    const found: string[] = [];
    for (const { name, width, fontSize, rootSize = '' } of screens) {
      await tab.setViewportSize({ width, height: 800 });
      await devtools.send('Page.setFontSizes', { fontSizes: { standard: fontSize, fixed: fontSize } });
      await tab.evaluate((size) => (document.documentElement.style.fontSize = size), rootSize);
      for (const fault of await findTooWide(tab)) found.push(`${name}: ${fault}`);
      for (const fault of await findHidden(tab)) found.push(`${name}: ${fault}`);
    }
    expect(found).toEqual([]);
  });

  /** Axe is in the page already: injecting it for each run takes longer than the run. */
  function findViolations(tab: Page, runOnly: axe.RunOnly): Promise<string[]> {
    return tab.evaluate(async (rules) => {
      const { axe: library } = globalThis as unknown as { axe: typeof axe };
      const { violations } = await library.run({ runOnly: rules, resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    }, runOnly);
  }

  /** Text that is cut off, leaves its button, or lies on other text; except excerpts, which are to end somewhere. */
  function findHidden(tab: Page): Promise<string[]> {
    return tab.evaluate(() => {
      const isFloating = (element: Element | null): boolean =>
        element !== null &&
        (/fixed|sticky/.test(getComputedStyle(element).position) || isFloating(element.parentElement));
      const isSeen = (element: Element) =>
        element.checkVisibility({ visibilityProperty: true }) &&
        !element.closest('.away, .visually-hidden, .skip, dialog, pre, .excerpt, select, svg');
      const elements = [...document.querySelectorAll('body *')].filter(isSeen);
      const called = (element: Element) =>
        `${element.tagName}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;
      const cutOff = elements.filter((element) => {
        const { overflowX, overflowY } = getComputedStyle(element);
        const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
        const isWide = overflowX !== 'visible' && scrollWidth > clientWidth + 1;
        const isHigh = overflowY !== 'visible' && scrollHeight > clientHeight + 1;
        return !element.matches('textarea, input, body') && (isWide || isHigh);
      });

      const lines = elements.flatMap((element) =>
        [...element.childNodes]
          .filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '')
          .flatMap((node) => {
            const range = document.createRange();
            range.selectNodeContents(node);
            return [...range.getClientRects()].map((box) => ({ element, node, box }));
          }),
      );
      const outside = lines.filter(({ element, box }) => {
        const frame = element.closest('button, .button')?.getBoundingClientRect();
        return (
          frame && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 3)
        );
      });
      const still = lines.filter(({ element }) => !isFloating(element));
      const overlapping = still.flatMap((one, index) =>
        still.slice(index + 1).flatMap((other) => {
          const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
          const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
          const isOverlap =
            one.node !== other.node && width > 2 && height > 0.4 * Math.min(one.box.height, other.box.height);
          return isOverlap ? [`${called(one.element)} lies on ${called(other.element)}`] : [];
        }),
      );
      return [
        ...cutOff.map((element) => `${called(element)} is cut off`),
        ...outside.map(({ element }) => `${called(element)} leaves its button`),
        ...new Set(overlapping),
      ];
    });
  }

  /** What reaches beyond the screen, or is cut off at the side. */
  function findTooWide(tab: Page): Promise<string[]> {
    return tab.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const elements = [...document.querySelectorAll('body *:not(.away, .away *, .skip, dialog *, pre *)')];
      const beyond = elements.filter((element) => {
        const { left, right, width, height } = element.getBoundingClientRect();
        return width * height > 0 && (right > clientWidth + 0.5 || left < -0.5);
      });
      return [
        ...(scrollWidth > clientWidth ? [`${scrollWidth - clientWidth} pixels too wide`] : []),
        ...beyond.map(
          (element) =>
            `${element.tagName}.${element.className} “${element.textContent.trim().slice(0, 40)}” ends at ${element.getBoundingClientRect().right}`,
        ),
      ];
    });
  }
});
