// Lists with JavaScript: ranges, keyboard shortcuts, confirmations, local times; and the same tasks without it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('lists in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await app.pool.query('delete from messages');
    for (const text of ['five', 'four', 'three', 'two', 'one']) await bob.send('alice', text);
  });
  afterAll(() => browser?.close());

  async function open(path = '/inbox', options = {}): Promise<Page> {
    const page = await openPageOf(alice, browser, app.url, options);
    await page.goto(path);
    return page;
  }
  /** Until the page that is there says this, and its scripts have run: a click waits for neither. */
  async function untilSays(page: Page, words: string): Promise<void> {
    await page.getByText(words).waitFor();
    await page.waitForLoadState();
  }
  const texts = (page: Page) => page.locator('.messages .excerpt').allTextContents();
  const box = (page: Page, text: string) =>
    page.locator('li', { hasText: text }).locator('input[type=checkbox]');
  const ticked = async (page: Page) =>
    page
      .locator('.messages input:checked')
      .evaluateAll((boxes) =>
        boxes.map((each) => each.closest('li')!.querySelector('.excerpt')!.textContent),
      );
  const focused = (page: Page) =>
    page.evaluate(
      () => document.activeElement?.closest('li')?.querySelector('.excerpt')?.textContent ?? null,
    );

  /** Longer than the keys have to rest on a page to write on. */
  const rest = 700;

  test('one box ticks all, and shift-click ticks a range', async () => {
    const page = await open();
    const all = page.getByLabel('All on this page');
    await all.check();
    expect(await ticked(page)).toEqual(['one', 'two', 'three', 'four', 'five']);
    await box(page, 'three').uncheck();
    expect(await all.evaluate((input: HTMLInputElement) => input.indeterminate)).toBe(true);
    await all.check();
    await all.uncheck();
    expect(await ticked(page)).toEqual([]);

    await box(page, 'two').click();
    await box(page, 'four').click({ modifiers: ['Shift'] });
    expect(await ticked(page)).toEqual(['two', 'three', 'four']);
    await box(page, 'three').click({ modifiers: ['Shift'] });
    expect(await ticked(page)).toEqual(['two']);
    await box(page, 'five').click(); // without the key, one at a time
    expect(await ticked(page)).toEqual(['two', 'five']);
    await box(page, 'five').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.waitForLoadState();
    expect(await texts(page)).toEqual(['one', 'three', 'four', 'five']);
  });

  describe('keyboard shortcuts', () => {
    test('c writes, / searches, and ? shows all of them', async () => {
      const page = await open();
      await page.keyboard.press('/');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('q');
      await page.keyboard.type('two');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/search?q=two');
      expect(await texts(page)).toEqual(['two']);
      await page.keyboard.press('c');
      await page.waitForURL('**/send');
      await page.waitForTimeout(rest);
      await page.keyboard.press('/');
      await page.waitForURL('**/search');
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await help.waitFor();
      const entries = (place: Page | Locator) => place.locator('dt, dd').allTextContents();
      const listed = await entries(help);
      expect(listed.filter((_, index) => index % 2 === 0)).toEqual(['c', 'r', '/', 'j', 'k', '#', 'u', '?']);
      await page.keyboard.press('c'); // not while the dialog is open
      await page.keyboard.press('Escape');
      expect(new URL(page.url()).pathname).toBe('/search');
      await page.goto('/help');
      expect((await entries(page.locator('.syntax'))).slice(0, listed.length)).toEqual(listed);
    });

    test('j and k move, Enter opens, # deletes and u marks unread the focused row', async () => {
      const page = await open();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      expect(await focused(page)).toBe('two');
      await page.keyboard.press('k');
      await page.keyboard.press('k');
      expect(await focused(page)).toBe('one');
      for (let count = 0; count < 9; count += 1) await page.keyboard.press('j');
      expect(await focused(page)).toBe('five');

      await page.keyboard.press('Enter');
      await page.waitForURL('**/messages/*');
      expect(await page.locator('.text').textContent()).toBe('five');
      await page.keyboard.press('u');
      await untilSays(page, 'Marked as unread.');
      expect(await page.locator('.messages li.unread').count()).toBe(5);
      expect(await focused(page)).toBe('five');

      for (let count = 0; count < 4; count += 1) await page.keyboard.press('k');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/messages/*');
      await page.goBack();
      await page.reload();
      expect(await page.locator('.messages li.unread').count()).toBe(4);
      await page.keyboard.press('j');
      await page.keyboard.press('u');
      await untilSays(page, '1 message marked as unread.');
      expect(await focused(page)).toBe('one');
      await page.keyboard.press('j');
      await page.keyboard.press('#');
      await untilSays(page, 'Deleted your copy; bob keeps');
      expect(await texts(page)).toEqual(['one', 'three', 'four', 'five']);
      await page.keyboard.press('c');
      await page.waitForURL('**/send');
    });

    test('do nothing while no row is focused', async () => {
      const page = await open();
      await page.keyboard.press('#');
      await page.keyboard.press('u');
      await page.waitForTimeout(200);
      await page.reload();
      expect(await texts(page)).toHaveLength(5);
    });

    test('what is typed ahead of a page to come is no shortcut', async () => {
      const page = await open();
      await page.keyboard.press('j');
      await page.route('**/messages/*', async (route) => {
        await sleep(500);
        await route.continue();
      });
      await page.keyboard.press('Enter');
      await sleep(100);
      for (const key of 'come?') await page.keyboard.press(key);
      await page.waitForURL('**/messages/*');
      for (const key of 'c?') await page.keyboard.press(key);
      await page.waitForTimeout(200);
      expect(new URL(page.url()).pathname).toMatch('/messages/');
      expect(await page.getByRole('dialog').isVisible()).toBe(false);
      await page.waitForTimeout(rest);
      await page.keyboard.press('c');
      await page.waitForURL('**/send');
    });

    test('a page to write on takes no key for a shortcut until the keys have rested', async () => {
      const page = await open('/with/alice');
      for (const key of 'cu?') await page.keyboard.press(key);
      await page.waitForTimeout(200);
      expect(new URL(page.url()).pathname).toBe('/with/alice');
      expect(await page.getByRole('dialog').isVisible()).toBe(false);
      await page.waitForTimeout(rest);
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    });

    test('are off while typing, and with Ctrl or Alt', async () => {
      const page = await open('/send');
      for (const field of ['To', 'Message']) {
        await page.getByLabel(field, { exact: true }).fill('');
        await page.getByLabel(field, { exact: true }).pressSequentially('c/jk#u?');
        expect(await page.getByLabel(field, { exact: true }).inputValue()).toBe('c/jk#u?');
      }
      await page.goto('/inbox');
      await page.keyboard.press('Alt+c');
      await page.keyboard.press('Control+u');
      await page.waitForTimeout(100);
      expect(new URL(page.url()).pathname).toBe('/inbox');
    });

    // The modifiers of the protocol: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift. AltGr alone is in none of them.
    test.each([
      ['# with Alt, as on a Mac in Britain', { key: '#', code: 'Digit3', modifiers: 1 }, 'deletes'],
      ['# with Shift, as in America', { key: '#', code: 'Digit3', modifiers: 8 }, 'deletes'],
      ['# alone, as in Germany', { key: '#', code: 'Backslash', modifiers: 0 }, 'deletes'],
      ['# with Ctrl', { key: '#', code: 'Backslash', modifiers: 2 }, 'does nothing'],
      ['# with Meta', { key: '#', code: 'Backslash', modifiers: 4 }, 'does nothing'],
      ['# with Ctrl and Alt', { key: '#', code: 'Backslash', modifiers: 3 }, 'does nothing'],
      ['u with Alt', { key: 'u', code: 'KeyU', modifiers: 1 }, 'does nothing'],
      ['? with Alt', { key: '?', code: 'Minus', modifiers: 1 }, 'shows the keys'],
    ])('%s: %o %s', async (_, pressed, effect) => {
      const page = await open();
      await page.keyboard.press('j');
      const keyboard = await page.context().newCDPSession(page);
      await keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed });
      await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed });
      if (effect === 'deletes') await untilSays(page, 'Deleted your copy');
      else if (effect === 'shows the keys') await page.getByRole('dialog').waitFor();
      else {
        await page.waitForTimeout(200);
        expect(new URL(page.url()).pathname).toBe('/inbox');
        expect(await page.locator('.flash').count()).toBe(0);
      }
    });

    test.each([
      ['AltGr', { modifierAltGraph: true }],
      ['AltGr as Windows says it', { modifierAltGraph: true, ctrlKey: true, altKey: true }],
    ])('# with %s deletes, u does nothing', async (_, held) => {
      const page = await open();
      await page.keyboard.press('j');
      const press = (key: string) =>
        page.evaluate(
          ([name, modifiers]) => {
            const event = new KeyboardEvent('keydown', { key: name, bubbles: true, ...modifiers });
            document.activeElement!.dispatchEvent(event);
          },
          [key, held] as const,
        );
      await press('u');
      await page.waitForTimeout(200);
      expect(await page.locator('.flash').count()).toBe(0);
      await press('#');
      await untilSays(page, 'Deleted your copy');
    });

    test('can be switched off, stay off, and can be switched on again', async () => {
      const page = await open();
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await help.getByLabel('Use shortcuts').uncheck();
      await help.getByRole('button', { name: 'Close' }).click();
      for (const path of ['/inbox', '/sent']) {
        await page.goto(path);
        await page.keyboard.press('c');
        await page.keyboard.press('?');
        await page.waitForTimeout(100);
        expect(new URL(page.url()).pathname).toBe(path);
        expect(await help.isVisible()).toBe(false);
      }
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await help.getByLabel('Use shortcuts').check();
      await page.keyboard.press('Escape');
      await page.keyboard.press('c');
      await page.waitForURL('**/send');
    });
  });

  test('only what cannot be undone asks for confirmation, and No cancels', async () => {
    const page = await open();
    const asked: string[] = [];
    let answer = false;
    page.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void (answer ? dialog.accept() : dialog.dismiss());
    });
    await page
      .getByRole('button', { name: /^Delete the message/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await untilSays(page, '1 message restored.');
    await page
      .getByRole('button', { name: /^Delete the message/ })
      .first()
      .click();
    await page.goto('/trash');
    expect(asked).toEqual([]);

    await page.getByRole('button', { name: /^Delete permanently the message/ }).click();
    expect(asked).toEqual(['Delete this message permanently? It cannot be restored.']);
    expect(await texts(page)).toEqual(['one']);
    answer = true;
    await page.getByRole('button', { name: /^Delete permanently the message/ }).click();
    await page
      .getByText('1 message deleted permanently.')
      .or(page.getByText('Deleted permanently.'))
      .waitFor();
    await page.waitForLoadState();
    expect(await texts(page)).toEqual([]);
  });

  test('times are in the reader’s own time zone, with the exact one in the title', async () => {
    await app.pool.query(`update messages set sent_at = '2026-01-31T23:30:00Z' where body = 'five'`);
    const row = (page: Page) => page.locator('li', { hasText: 'five' }).locator('time');
    const tokyo = await open('/inbox', { timezoneId: 'Asia/Tokyo' });
    expect(await row(tokyo).textContent()).toBe('1 Feb 2026');
    expect(await row(tokyo).getAttribute('title')).toBe('Sunday, 1 February 2026 at 08:30');
    expect(await row(tokyo).getAttribute('datetime')).toBe('2026-01-31T23:30:00Z');
    const honolulu = await open('/inbox', { timezoneId: 'Pacific/Honolulu' });
    expect(await row(honolulu).getAttribute('title')).toBe('Saturday, 31 January 2026 at 13:30');
    const plain = await open('/inbox', { javaScriptEnabled: false, timezoneId: 'Asia/Tokyo' });
    expect(await row(plain).getAttribute('title')).toBe('Saturday, 31 January 2026 at 23:30 UTC');
  });

  test('without JavaScript: messages are selected, deleted, restored, found and taken back', async () => {
    const page = await open('/inbox', { javaScriptEnabled: false });
    expect(await page.getByLabel('All on this page').isVisible()).toBe(false);
    for (const text of ['one', 'three']) await box(page, text).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.waitForLoadState();
    expect(await texts(page)).toEqual(['two', 'four', 'five']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForLoadState();
    expect(await texts(page)).toEqual(['one', 'two', 'three', 'four', 'five']);
    await box(page, 'two').check();
    await page.getByRole('button', { name: 'Mark read' }).click();
    await page.waitForLoadState();
    expect(await page.locator('.messages li.unread').count()).toBe(4);

    await page.getByLabel('Search messages').fill('from:bob FOUR');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForLoadState();
    expect(await texts(page)).toEqual(['four']);
    expect(await page.locator('mark').allTextContents()).toEqual(['four']);

    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('Too early');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.goto('/sent');
    await page.getByRole('button', { name: /^Take back/ }).click();
    await page.getByText('Take this message back?').waitFor();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.waitForURL('**/sent');
    await page.getByRole('button', { name: /^Take back/ }).click();
    await page.locator('#confirm').getByRole('button', { name: 'Take back' }).click();
    await page.getByText('Taken back: bob will not see it.').waitFor();
    expect((await bob.get('/inbox')).text).not.toContain('Too early');
  });
});
