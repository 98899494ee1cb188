// Pages in forced colours (Windows contrast themes) and in print.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { desktop, launchBrowser, openPageOf, phone } from '../support/browser.ts';
import { idOf } from '../support/mailboxes.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    for (const text of ['One', 'Two', 'See https://example.org/a']) await bob.send('alice', text);
    await alice.send('bob', 'An answer');
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  describe('in forced colours', () => {
    const boxes = (page: Page) =>
      page.locator('body *:not(head *)').evaluateAll((elements) =>
        elements.map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [element.tagName, element.className, x, y, width, height].join(' ');
        }),
      );

    test.each([
      ['/inbox', desktop],
      ['/inbox', phone],
      ['/sent', phone],
      ['/send', desktop],
      ['/account', phone],
      ['/with/bob', desktop],
    ])('%s shows every part: %o', async (path, viewport) => {
      const page = await openPageOf(alice, browser, app.url, { viewport });
      await page.goto(path);
      const before = await boxes(page);
      await page.emulateMedia({ forcedColors: 'active' });
      expect(await boxes(page)).toEqual(before);
    });

    test.each(['/inbox', '/drafts', '/account/devices'])('%s: quiet buttons stay quiet', async (path) => {
      const page = await openPageOf(alice, browser, app.url, { forcedColors: 'active' });
      await page.goto(path);
      const buttons = page.locator('.quiet:visible');
      const borders = () =>
        buttons.evaluateAll((elements) =>
          elements.map((element) => {
            const { borderTopColor } = getComputedStyle(element);
            return borderTopColor === getComputedStyle(document.body).backgroundColor;
          }),
        );
      expect(new Set(await borders())).toEqual(new Set([true])); // as the page behind them
      await buttons.first().hover();
      expect(await borders()).not.toContain(false);
    });

    test.each(['/inbox', '/sent', '/drafts', '/trash', '/search', '/send'])(
      '%s: the current navigation entry differs by more than colour',
      async (path) => {
        const page = await openPageOf(alice, browser, app.url, { forcedColors: 'active' });
        await page.goto(path);
        const looks = await page.locator('nav.main a').evaluateAll((links) =>
          links.map((link) => {
            const style = getComputedStyle(link);
            const isSeen = style.borderBottomColor !== style.backgroundColor;
            const look = [style.textDecorationLine, link.closest('.compose') ? '' : isSeen].join(' ');
            return { isCurrent: link.hasAttribute('aria-current'), look };
          }),
        );
        const [current, ...more] = looks.filter(({ isCurrent }) => isCurrent);
        expect(more).toEqual([]);
        const others = looks.filter(({ isCurrent }) => !isCurrent).map(({ look }) => look);
        expect(others).not.toContain(current!.look);
        expect(current!.look).toContain('underline');
      },
    );
  });

  describe('on paper', () => {
    async function print(path: string): Promise<Page> {
      const page = await openPageOf(alice, browser, app.url, { colorScheme: 'dark' });
      await page.goto(path);
      await page.emulateMedia({ media: 'print' });
      const folder = process.env.PRINTED;
      if (folder) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(`${folder}/${path.split('/')[1]}.pdf`, await page.pdf());
      }
      return page;
    }
    const seen = (page: Page) =>
      page
        .locator('nav, form, button, input, textarea, .button, .site, .actions, .hint, [role=status]')
        .evaluateAll((elements) =>
          elements.filter((element) => element.checkVisibility()).map((element) => element.outerHTML),
        );

    test('a message has its sender, time and text, and nothing else', async () => {
      const page = await print(
        `/messages/${await idOf(app.pool, alice, 'See https://example.org/a', 'inbox')}`,
      );
      expect(await seen(page)).toEqual([]);
      const words = (await page.locator('body').innerText()).split(/\s*\n\s*/).filter(Boolean);
      expect(words.filter((_, index) => index !== 1)).toEqual(['From bob', 'See https://example.org/a']);
      const when = await page.locator('time').textContent();
      expect(when).toMatch(/\d{4} at \d\d:\d\d/); // "2 minutes ago" means nothing on paper
      const colours = await page.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.body);
        return [color, backgroundColor];
      });
      expect(colours).toEqual(['rgb(42, 36, 32)', 'rgb(255, 255, 255)']);
    });

    test('a message that can be taken back has no button', async () => {
      const page = await print(`/messages/${await idOf(app.pool, alice, 'An answer', 'sent')}`);
      expect(await seen(page)).toEqual([]);
    });

    test.each([
      ['a conversation', '/with/bob', 'An answer'],
      ['a list', '/inbox', 'Two'],
    ])('%s has no buttons and no forms', async (_, path, text) => {
      const page = await print(path);
      expect((await seen(page)).filter((html) => !html.startsWith('<header'))).toEqual([]);
      expect(await page.locator('main').innerText()).toContain(text);
    });

    test('recovery codes are printed with their owner', async () => {
      const page = await openPageOf(alice, browser, app.url);
      await page.goto('/account/recovery-codes');
      await page.getByRole('button', { name: /^Make ten/ }).click();
      await page.locator('.codes').waitFor();
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.codes code:visible').count()).toBe(10);
      expect(await page.locator('main').innerText()).toContain('alice');
      expect(await page.getByRole('button', { name: 'Download' }).isVisible()).toBe(false);
    });
  });
});
