// Conversations in a browser: where they open, what arrives while they are open, and the answer box.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { desktop, launchBrowser, openPageOf, phone, showFollowing } from '../support/browser.ts';
import { fillConversations } from '../support/conversations.ts';
import { copiesOf, fillMailbox, idOf, tokenOf } from '../support/mailboxes.ts';
import type { Person } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('conversations', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(() => app.pool.query('delete from messages; delete from conversations; delete from drafts'));
  afterAll(() => browser?.close());

  const open = async (path: string, options = {}, person: Person = alice): Promise<Page> => {
    const page = await openPageOf(person, browser, app.url, options);
    await showFollowing(page, path);
    return page;
  };
  const untilIs = <Value>(read: () => Promise<Value>, wanted: Value) => expect.poll(read).toEqual(wanted);
  const line = (page: Page, text: string) => page.locator('.conversation li', { hasText: text });
  const isInSight = (page: Page, text: string) =>
    line(page, text).evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top >= 0 && bottom <= document.querySelector('.dock')!.getBoundingClientRect().top + 1;
    });
  const untilInSight = (page: Page, text: string) => untilIs(() => isInSight(page, text), true);
  const boxIsInSight = (page: Page) =>
    page.locator('#body').evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top > 0 && bottom <= innerHeight;
    });
  /** Enough to scroll, each message with some lines. */
  const fill = async (isUnread = false) => {
    await fillMailbox(app.pool, alice, bob, 40, { words: 40, isUnread });
    await fillConversations(app.pool);
  };

  describe.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('%s', (_, javaScriptEnabled) => {
    test.each([
      ['a phone', phone],
      ['a desk', desktop],
    ])('opens at the last message on %s, with the answer box in sight', async (__, viewport) => {
      await fill();
      const page = await openPageOf(alice, browser, app.url, { viewport, javaScriptEnabled });
      await page.goto('/with/bob');
      await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(500);
      expect(await isInSight(page, 'Number 40 ')).toBe(true);
      expect(await boxIsInSight(page)).toBe(true);
      await page.evaluate(() => scrollTo(0, 0));
      expect(await boxIsInSight(page)).toBe(true);
    });

    test('opens at the first unread message, and after sending at one’s own', async () => {
      await fill();
      for (let number = 1; number <= 8; number += 1) await bob.send('alice', `Unread ${number}\n`.repeat(12));
      const page = await openPageOf(alice, browser, app.url, { viewport: desktop, javaScriptEnabled });
      await page.goto('/with/bob');
      await untilInSight(page, 'Unread 1');
      expect(await isInSight(page, 'Unread 8')).toBe(false);
      await page.fill('#body', 'My answer');
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.waitForURL('**/with/bob#latest');
      await untilInSight(page, 'My answer');
      expect(await boxIsInSight(page)).toBe(true);
    });
  });

  test('the answer box is short, grows with the text, and leaves most of the page', async () => {
    await fill();
    const page = await open('/with/bob', { viewport: desktop });
    const height = () => page.locator('#body').evaluate((element) => element.getBoundingClientRect().height);
    const short = await height();
    expect(short).toBeLessThan(110);
    await page.fill('#body', 'Line\n'.repeat(6));
    expect(await height()).toBeGreaterThan(short + 50);
    await page.fill('#body', 'Line\n'.repeat(60));
    expect(await height()).toBeLessThan(desktop.height / 2);
    expect(await boxIsInSight(page)).toBe(true);
  });

  test('at its end, a new message comes into sight and is read', async () => {
    await fill();
    const page = await open('/with/bob', { viewport: desktop });
    await page.fill('#body', 'Being written');
    await bob.send('alice', 'Just arrived');
    await line(page, 'Just arrived').waitFor();
    await untilInSight(page, 'Just arrived');
    expect(await copiesOf(app.pool, 'Just arrived')).toEqual(['alice inbox', 'bob sent']);
    expect(await page.inputValue('#body')).toBe('Being written');
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('body');
    await bob.send('alice', `Long\n${'words\n'.repeat(80)}`);
    await line(page, 'Long').waitFor();
    await expect
      .poll(() => line(page, 'Long').evaluate((row) => row.getBoundingClientRect().top))
      .toBeLessThan(100);
    expect(
      await line(page, 'Long').evaluate((row) => row.getBoundingClientRect().top),
    ).toBeGreaterThanOrEqual(0);
    expect(await page.locator('.news').isVisible()).toBe(false);
    expect(await page.locator('.conversation li').count()).toBeGreaterThan(26);
  });

  test.each([
    ['a phone', phone],
    ['a desk', desktop],
  ])(
    'elsewhere on %s, nothing moves: a link says so, and leads to what is unread until then',
    async (_, viewport) => {
      await fill();
      const page = await open('/with/bob', { viewport });
      await page.evaluate(() => scrollTo(0, 200));
      const place = () => line(page, 'Number 20 ').evaluate((row) => row.getBoundingClientRect().top);
      const before = await place();
      await bob.send('alice', 'Just arrived');
      await charlie.send('alice', 'From Charlie');
      const link = page.locator('.news a');
      await link.getByText('1 new message', { exact: true }).waitFor();
      await bob.send('alice', 'And another');
      await link.getByText('2 new messages', { exact: true }).waitFor();
      expect(await place()).toBe(before);
      expect(await copiesOf(app.pool, 'Just arrived')).toEqual(['alice inbox, unread', 'bob sent']);
      await page.fill('#body', 'Being written');
      await link.click();
      await untilInSight(page, 'And another');
      expect(await link.isVisible()).toBe(false);
      expect(await page.inputValue('#body')).toBe('Being written');
      expect(await copiesOf(app.pool, 'And another')).toEqual(['alice inbox', 'bob sent']);
      expect(await copiesOf(app.pool, 'From Charlie')).toEqual(['alice inbox, unread', 'charlie sent']);
    },
  );

  test('who scrolls to the end sees what arrived', async () => {
    await fill();
    const page = await open('/with/bob', { viewport: desktop });
    await page.evaluate(() => scrollTo(0, 0));
    await bob.send('alice', 'Just arrived');
    await page.locator('.news a').getByText('1 new message').waitFor();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await untilInSight(page, 'Just arrived');
  });

  test('one’s own message from another device, and the first ever, appear; one taken back goes', async () => {
    const page = await open('/with/bob', { viewport: desktop });
    await page.getByText('Nothing has been written here yet.').waitFor();
    await bob.send('alice', 'The first');
    await line(page, 'The first').waitFor();
    expect(await page.getByText('Nothing has been written here yet.').count()).toBe(0);
    await alice.send('bob', 'From my phone');
    await line(page, 'From my phone').waitFor();
    const id = await idOf(app.pool, alice, 'From my phone', 'sent');
    await alice.post(`/messages/${id}/unsend`, await tokenOf(alice));
    await untilIs(() => line(page, 'From my phone').count(), 0);
    expect(await line(page, 'The first').count()).toBe(1);
  });

  test('Ctrl+Enter sends; Enter alone does not', async () => {
    const page = await open('/with/bob', { viewport: desktop });
    await page.locator('#body').click();
    await page.keyboard.type('One');
    await page.keyboard.press('Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL('**/with/bob#latest');
    expect(await line(page, 'One').locator('.text').textContent()).toBe('One\ntwo');
    await page.goto('/send?to=bob');
    await page.fill('#body', 'Three');
    await page.locator('#body').press('Meta+Enter');
    await page.waitForURL('**/inbox');
    expect(await copiesOf(app.pool, 'Three')).toEqual(['alice sent', 'bob inbox, unread']);
  });

  describe('the list', () => {
    const rows = (page: Page) => page.locator('.messages .from bdi').allInnerTexts();
    const excerpts = (page: Page) => page.locator('.messages .excerpt').allInnerTexts();

    test('announces what people write, and nothing moves', async () => {
      await bob.send('alice', 'First');
      await charlie.send('alice', 'Second');
      const page = await open('/conversations');
      await bob.send('alice', 'Third');
      await page.locator('.news').getByText('1 new message', { exact: true }).waitFor();
      await alice.post('/messages/read', {
        ...(await tokenOf(alice)),
        upTo: await idOf(app.pool, alice, 'Second'),
      });
      await untilIs(() => page.locator('.messages .unread').count(), 1);
      expect(await rows(page)).toEqual(['charlie', 'bob']);
      expect(await excerpts(page)).toEqual(['Second', 'First']);
      await page.locator('.news a').click();
      await untilIs(() => rows(page), ['bob', 'charlie']);
    });

    test('follows what is sent, read and deleted on another device', async () => {
      await bob.send('alice', 'First');
      await charlie.send('alice', 'Second');
      const page = await open('/conversations');
      await alice.send('bob', 'Third');
      await untilIs(() => excerpts(page), ['You: Third', 'Second']);
      await alice.get('/with/charlie');
      await untilIs(() => page.locator('.messages .count').count(), 1);
      const id = await idOf(app.pool, alice, 'Second');
      await alice.post(`/messages/${id}/delete`, await tokenOf(alice));
      await untilIs(() => rows(page), ['bob']);
    });
  });
});
