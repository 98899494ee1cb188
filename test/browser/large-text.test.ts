// Large text and narrow screens: on every page, with names of thirty letters, nothing is wider than the screen.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { giveCookies, launchBrowser, openPage } from '../support/browser.ts';
import { registered, type Person } from '../support/person.ts';
import { available } from '../support/required.ts';
import { fillMailbox, pages, type PageCase } from './every-page.ts';

interface Setting {
  name: string;
  /** In CSS pixels: 1280 pixels at 400 % are 320 of them, a phone of 390 at 200 % has 195. */
  width: number;
  /** What the browser's own setting makes of 16 pixels. */
  fontSize: number;
  /** For what scales the text alone in another way. */
  rootSize?: string;
}
const settings: Setting[] = [
  { name: '320 pixels, or 1280 at 400 %', width: 320, fontSize: 16 },
  { name: 'a phone with twice the font size', width: 390, fontSize: 32 },
  { name: 'a phone with text at 200 %', width: 390, fontSize: 16, rootSize: '200%' },
  { name: 'a phone at 200 %', width: 195, fontSize: 16 },
];

const { app } = await cast();
const byInvitation = await startApp({ REGISTRATION: 'invite', MEMBERS_INVITE: '3' }, app.databaseUrl);
afterAll(() => Promise.all([app.close(), byInvitation.close()]));

describe.skipIf(!available('chromium'))('every page', () => {
  let browser: Browser;
  let owner: Person;
  beforeAll(async () => {
    owner = await registered(app.url, 'maximilianwolfeschlegelsteinha');
    await fillMailbox(app, owner);
    await owner.send(owner.username, 'A note');
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  const urlOf = (page: PageCase) => (page.isByInvitation ? byInvitation.url : app.url);

  test.each(pages)('$name', async (page) => {
    const tab = await openPage(browser, urlOf(page));
    if (!page.isPublic) await giveCookies(tab, owner, urlOf(page));
    await page.show(tab);
    const devtools = await tab.context().newCDPSession(tab);
    const found: string[] = [];
    for (const { name, width, fontSize, rootSize = '' } of settings) {
      await tab.setViewportSize({ width, height: 800 });
      await devtools.send('Page.setFontSizes', { fontSizes: { standard: fontSize, fixed: fontSize } });
      await tab.evaluate((size) => (document.documentElement.style.fontSize = size), rootSize);
      for (const fault of await tooWide(tab)) found.push(`${name}: ${fault}`);
    }
    expect(found).toEqual([]);
  });

  /** What reaches beyond the screen, or is cut off at the side. */
  function tooWide(tab: Page): Promise<string[]> {
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
