// Lists of an open page follow changes made elsewhere without moving what is being read.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf, showFollowing } from '../support/browser.ts';
import { fillMailbox, idOf, tokenOf } from '../support/mailboxes.ts';
import { registered, type Fields, type Person } from '../support/person.ts';
import { available } from '../support/required.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('an open list', () => {
  let browser: Browser;
  let token: Fields;
  beforeAll(async () => {
    token = await tokenOf(alice);
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await app.pool.query('delete from messages');
    await app.pool.query('delete from drafts');
  });
  afterAll(() => browser?.close());

  /** A page of this person that follows their mailbox. */
  async function openAs(person: Person, path: string, options = {}): Promise<Page> {
    const page = await openPageOf(person, browser, app.url, options);
    await showFollowing(page, path);
    return page;
  }
  const open = (path: string, options = {}) => openAs(alice, path, options);
  const received = async (...bodies: string[]) => {
    for (const body of bodies) await bob.send('alice', body);
  };
  const id = (body: string, box: 'inbox' | 'sent' = 'inbox') => idOf(app.pool, alice, body, box);
  /** Another device of Alice's does this. */
  const elsewhere = (path: string, fields: Fields = {}) => alice.post(path, { ...token, ...fields });
  const texts = (page: Page) => page.locator('.messages .excerpt').allTextContents();
  const untilShows = (page: Page, wanted: string[]) => expect.poll(() => texts(page)).toEqual(wanted);
  const row = (page: Page, text: string) => page.locator('li', { hasText: text });

  test('after a logout in another tab nothing private stays on the screen, except what is being written', async () => {
    const carol = await registered(app.url, `carol-${Date.now() % 100_000}`);
    await alice.send(carol.username, 'Not for the next one at this computer');
    const [list, form, written] = await Promise.all(
      ['/inbox', '/send', '/send'].map((path) => openAs(carol, path)),
    );
    await written!.fill('#body', 'Written for hours');
    await carol.submit('/inbox', {}, '/logout');
    await list!.waitForURL(/\/login\?next=%2Finbox$/);
    await form!.waitForURL(/\/login\?next=%2Fsend$/);
    expect(await written!.inputValue('#body')).toBe('Written for hours');
    expect(new URL(written!.url()).pathname).toBe('/send');
  });

  test('the confirmation of a logout is shown, however late it arrives', async () => {
    const dave = await registered(app.url, `dave-${Date.now() % 100_000}`);
    const page = await openAs(dave, '/inbox');
    await page.route('**/logout', async (route) => {
      const response = await route.fetch({ maxRedirects: 0 });
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: 'Logout' }).click();
    await page.waitForURL(`${app.url}/`);
  });

  test('follows messages read, marked, deleted and restored elsewhere, rows and count', async () => {
    await received('one', 'two', 'three');
    const page = await open('/inbox');
    await page.evaluate(() => Object.assign(document.querySelector('main')!, { isTheSame: true }));
    await alice.get(`/messages/${await id('two')}`);
    await expect.poll(() => row(page, 'two').getAttribute('class')).toBe('');
    expect(await row(page, 'two').getByText('New').count()).toBe(0);
    expect(await page.title()).toBe('(2) Inbox – Private Messages');
    await elsewhere(`/messages/${await id('two')}/unread`);
    await row(page, 'two').getByText('New').waitFor();
    expect(await page.title()).toBe('(3) Inbox – Private Messages');

    await elsewhere(`/messages/${await id('two')}/delete`);
    await untilShows(page, ['three', 'one']);
    expect(await page.title()).toBe('(2) Inbox – Private Messages');
    await elsewhere(`/trash/${await id('two')}/restore`);
    await untilShows(page, ['three', 'two', 'one']);
    await elsewhere('/messages/read', { upTo: await id('three') });
    await expect.poll(() => page.locator('.messages .new').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Mark all read' }).count()).toBe(0);
    expect(await page.title()).toBe('Inbox – Private Messages');
    expect(await page.evaluate(() => 'isTheSame' in document.querySelector('main')!)).toBe(true);
  });

  test('equals a freshly loaded page when the last row goes and the first one comes', async () => {
    await received('only');
    const [inbox, trash] = [await open('/inbox'), await open('/trash')];
    await trash.getByText('The trash is empty.').waitFor();
    await elsewhere(`/messages/${await id('only')}/delete`);
    await inbox.getByText('No messages yet.').waitFor();
    expect(await inbox.locator('.bulk').count()).toBe(0);
    await untilShows(trash, ['only']);
    await trash.getByLabel('All on this page').check();
    expect(await trash.locator('.tick input:checked').count()).toBe(1);
    await trash.keyboard.press('j');
    await trash.getByRole('button', { name: 'Restore', exact: true }).click();
    await trash.getByText('1 message restored.').waitFor();
    await untilShows(inbox, ['only']);
  });

  test('follows messages sent and taken back and drafts begun and discarded elsewhere', async () => {
    const [sent, drafts] = [await open('/sent'), await open('/drafts')];
    const form = { ...(await alice.hidden('/send')), recipient: 'bob', body: 'Begun' };
    await elsewhere('/drafts', form);
    await untilShows(drafts, ['Begun']);
    await elsewhere('/drafts', { ...form, body: 'Begun and gone on' });
    await untilShows(drafts, ['Begun and gone on']);
    await elsewhere('/send', { ...form, body: 'Begun and gone on' });
    await untilShows(drafts, []);
    await untilShows(sent, ['Begun and gone on']);
    await elsewhere(`/messages/${await id('Begun and gone on', 'sent')}/unsend`);
    await untilShows(sent, []);
  });

  test('follows deletions elsewhere in search results and conversations, and keeps what is written here', async () => {
    await received('cake one', 'cake two');
    const [found, conversation] = [await open('/search?q=cake'), await open('/with/bob')];
    const reply = conversation.getByLabel('Write to');
    await reply.fill('While I write');
    await elsewhere(`/messages/${await id('cake one')}/delete`);
    await expect
      .poll(() => conversation.locator('.conversation .text').allTextContents())
      .toEqual(['cake two']);
    await found.locator('.place', { hasText: 'Trash' }).waitFor();
    expect(await row(found, 'cake one').getByRole('link').getAttribute('href')).toContain('/trash/');
    expect(await reply.inputValue()).toBe('While I write');
    expect(await reply.evaluate((field) => field === document.activeElement)).toBe(true);
    await received('not seen yet');
    await elsewhere(`/messages/${await id('cake two')}/delete`);
    await expect
      .poll(() => conversation.locator('.conversation .text').allTextContents())
      .toEqual(['not seen yet']); // and read: the end of the conversation is in sight
    const { rowCount } = await app.pool.query('select from unread');
    expect(rowCount).toBe(0);
  });

  test('keeps focus, ticks, selected text and scroll position', async () => {
    await fillMailbox(app.pool, alice, bob, 25);
    const page = await open('/inbox');
    const focused = row(page, 'Number 10').getByRole('link');
    await row(page, 'Number 12').getByRole('checkbox').check();
    await focused.focus();
    await row(page, 'Number 11')
      .locator('.excerpt')
      .evaluate((text) => getSelection()!.selectAllChildren(text));
    const places = async () => [await focused.boundingBox(), await row(page, 'Number 12').boundingBox()];
    const before = await places();
    expect(before[0]!.y).toBeGreaterThan(0);
    for (const number of [25, 24, 20]) await elsewhere(`/messages/${await id(`Number ${number}`)}/delete`);
    await expect.poll(() => page.locator('.messages li').count()).toBe(22);
    expect(await places()).toEqual(before);
    await elsewhere(`/trash/${await id('Number 24')}/restore`);
    await expect.poll(() => page.locator('.messages li').count()).toBe(23);
    expect(await places()).toEqual(before);
    expect(await focused.evaluate((link) => link === document.activeElement)).toBe(true);
    expect(await page.locator('.tick input:checked').count()).toBe(1);
    expect(await page.evaluate(() => String(getSelection()))).toBe('Number 11');
    await elsewhere(`/messages/${await id('Number 10')}/delete`);
    await expect.poll(() => page.locator('.messages li').count()).toBe(22);
    const next = await page.evaluate(() => document.activeElement!.closest('li')?.textContent);
    expect(next).toContain('Number 9');
  });

  test('keeps rows that only moved to the next page or have just arrived', async () => {
    await fillMailbox(app.pool, alice, bob, 26);
    const page = await open('/inbox');
    expect((await texts(page)).at(-1)).toBe('Number 2');
    await received('new one', 'new two');
    await page.locator('.news').getByText('2 new messages').waitFor();
    await elsewhere(`/messages/${await id('Number 20')}/delete`);
    await expect.poll(() => row(page, 'Number 20').count()).toBe(0);
    expect((await texts(page)).slice(0, 2)).toEqual(['Number 26', 'Number 25']);
    expect((await texts(page)).at(-1)).toBe('Number 2');
    // Only what is on this page is marked as read.
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await page.getByText(/already read|marked as read/).waitFor();
    expect((await app.pool.query('select from unread')).rowCount).toBe(2);
  });

  test('is updated when restored from the back/forward cache', async () => {
    await received('one', 'two');
    const page = await open('/inbox');
    await row(page, 'one').getByRole('link').click();
    await page.waitForURL('**/messages/*');
    await elsewhere(`/messages/${await id('two')}/delete`);
    await page.goBack();
    await untilShows(page, ['one']);
    await expect.poll(() => row(page, 'one').getByText('New').count()).toBe(0);
    expect(await page.title()).toBe('Inbox – Private Messages');
  });

  test('waits while it is hidden, and is updated when shown', async () => {
    await received('one', 'two');
    const page = await open('/inbox');
    const look = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    let asked = 0;
    page.on('request', (request) => (asked += request.url().endsWith('/inbox') ? 1 : 0));
    await look(true);
    await elsewhere(`/messages/${await id('two')}/delete`);
    await expect.poll(() => page.title()).toBe('(1) Inbox – Private Messages');
    expect([await texts(page), asked]).toEqual([['two', 'one'], 0]);
    await look(false);
    await untilShows(page, ['one']);
    await look(true);
    await look(false);
    await page.waitForTimeout(300);
    expect(asked).toBe(1); // nothing has changed since
  });

  // On a slow machine the next page may be read before the notification of the change arrives: one harmless fetch more.
  test('does not fetch again after a change made by its own form', { retry: 3 }, async () => {
    await received('one', 'two');
    const page = await open('/inbox');
    let asked = 0;
    page.on('request', (request) => (asked += request.headers()['x-refresh'] ? 1 : 0));
    await row(page, 'two')
      .getByRole('button', { name: /^Delete/ })
      .click();
    await page.getByText('Deleted your copy').waitFor();
    await page.getByRole('link', { name: 'Sent', exact: true }).click();
    await page.waitForURL('**/sent');
    await page.waitForTimeout(300);
    expect(asked).toBe(0);
  });
});
