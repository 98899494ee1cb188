// Writing with JavaScript: the remaining length and autosave; and the same without it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { registered, type Person } from '../support/person.ts';
import { available } from '../support/required.ts';
import { until } from '../start/site.ts';

const { app, bob } = await cast();
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('writing in a browser', () => {
  let browser: Browser;
  let alice: Person;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  // Somebody else each time: a page that was left may still save what the one before typed.
  let people = 0;
  beforeEach(async () => {
    alice = await registered(app.url, `alice${people++}`);
    await app.pool.query('delete from messages');
  });
  afterAll(() => browser?.close());

  const open = (options = {}) => openPageOf(alice, browser, app.url, options);
  const message = (page: Page) => page.getByLabel('Message', { exact: true });
  const saved = (page: Page) => page.locator('[data-saved]');

  test('a button adds or corrects a recipient in place', async () => {
    await bob.send(alice.username, 'Hello');
    const page = await open();
    await page.goto('/send');
    await page.getByRole('button', { name: 'bob', exact: true }).click();
    expect(await page.locator('#recipient').inputValue()).toBe('bob');
    expect(await page.locator(':focus').getAttribute('id')).toBe('body');
    await page.keyboard.type('Typed');
    await page.locator('#recipient').fill('bbo, nobody-here');
    await page.getByRole('button', { name: 'bob', exact: true }).first().click();
    expect(await page.locator('#recipient').inputValue()).toBe('bbo, nobody-here, bob');
    await page.locator('#recipient').fill('@Bbo');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('.meant').getByRole('button', { name: 'bob' }).click();
    await page.locator('#recipient[value="bob"]').waitFor();
    expect(await message(page).inputValue()).toBe('Typed');
    expect(await page.locator('.meant').count()).toBe(0);
    await page.locator('#recipient').press('Enter');
    await page.getByText('Sent to bob.').waitFor();
  });

  test('without a script Enter in To sends, and does not press the first person', async () => {
    await bob.send(alice.username, 'Hello');
    const page = await open({ javaScriptEnabled: false });
    await page.goto('/send');
    await message(page).fill('By Enter');
    await page.locator('#recipient').fill('bob');
    await page.locator('#recipient').press('Enter');
    await page.getByText('Sent to bob.').waitFor();
  });
  const drafts = async () => {
    const { rows } = await app.pool.query<{ recipient: string; body: string }>(
      `select recipient, body from drafts
       where owner_id = (select id from users where username = $1)`,
      [alice.username],
    );
    return rows;
  };

  /** A page with a fake clock, which only the test advances. */
  async function load(page: Page, path: string): Promise<void> {
    await page.clock.install();
    await page.goto(path);
    await page.clock.pauseAt(Date.now() + 60_000);
  }

  async function type(page: Page, text: string): Promise<void> {
    await load(page, '/send?to=bob');
    await message(page).fill(text);
  }

  /** Lets each save arrive so many milliseconds late, whatever becomes of the page; returns how many have. */
  function saveLate(page: Page, delays: number[]): () => number {
    let count = 0;
    void page.route('**/drafts', async (route) => {
      await sleep(delays.shift());
      const response = await route.fetch();
      count += 1;
      await route.fulfill({ response }).catch(() => {}); // the page may be gone
    });
    return () => count;
  }

  test('a draft is saved a few seconds after typing stops, and a quiet line says so', async () => {
    const page = await open();
    await type(page, 'Half a thought');
    await page.clock.runFor(2000);
    await message(page).pressSequentially(', and');
    await page.clock.runFor(2000);
    expect(await drafts()).toEqual([]);
    await page.clock.runFor(2000);
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(await drafts()).toEqual([{ recipient: 'bob', body: 'Half a thought, and' }]);
    expect(await saved(page).getAttribute('role')).toBe('status');
    expect(page.url()).toMatch(/\/send\?to=bob$/);

    await message(page).pressSequentially(' more');
    expect(await saved(page).textContent()).toBe('');
    await page.clock.runFor(4000);
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(await drafts()).toEqual([{ recipient: 'bob', body: 'Half a thought, and more' }]);
  });

  test('in a conversation too', async () => {
    const page = await open();
    await load(page, '/with/bob');
    await page.getByLabel('Write to bob').fill('An answer');
    await page.clock.runFor(4000);
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(await drafts()).toEqual([{ recipient: 'bob', body: 'An answer' }]);
  });

  test('sending leaves no draft behind, not even one being saved', async () => {
    const page = await open();
    await type(page, 'Off it goes');
    await page.clock.runFor(4000);
    await page.getByText('Saved', { exact: true }).waitFor();
    await message(page).pressSequentially('!');

    // A save that takes its time, and Send pressed while it is under way.
    const arrived = saveLate(page, [500]);
    const begun = page.waitForRequest('**/drafts');
    await page.clock.runFor(4000);
    await begun;
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.waitForURL('**/inbox');
    await until(() => arrived() === 1);
    expect(await drafts()).toEqual([]);
    expect((await bob.get('/inbox')).text).toContain('Off it goes!');
    await page.clock.runFor(10_000);
    expect(await drafts()).toEqual([]);
  });

  test('a slow save does not overwrite a later one', async () => {
    const page = await open();
    await type(page, 'Old');
    const arrived = saveLate(page, [800, 0]);
    await page.clock.runFor(4000);
    await message(page).fill('New');
    await page.clock.runFor(4000);
    await until(() => arrived() === 2);
    expect((await drafts()).map(({ body }) => body)).toEqual(['New']);
  });

  test('the last input is saved when the page is left', async () => {
    const page = await open();
    await type(page, 'Called away');
    await page.goto('/inbox');
    await until(async () => (await drafts()).length === 1);
    expect(await drafts()).toEqual([{ recipient: 'bob', body: 'Called away' }]);
  });

  test('clearing the page does not leave empty drafts', async () => {
    const page = await open();
    await type(page, 'A');
    for (const text of ['', 'B', '', 'C', '']) {
      await page.clock.runFor(4000);
      await page.getByText('Saved', { exact: true }).waitFor();
      await page.getByLabel('To').fill('');
      await message(page).fill(text);
    }
    await page.clock.runFor(4000);
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(await drafts()).toHaveLength(1);
  });

  test('a page with an older state saves beside the newer one, and says so', async () => {
    const here = await open();
    await type(here, 'Begun');
    await here.clock.runFor(5000);
    await until(async () => (await drafts()).length === 1);
    const { rows } = await app.pool.query<{ id: string }>(
      'select id from drafts where owner_id = (select id from users where username = $1)',
      [alice.username],
    );
    const there = await open();
    await load(there, `/send?draft=${rows[0]!.id}`);
    await message(there).fill('Begun, and went on with for long');
    await there.clock.runFor(5000);
    await until(async () => (await saved(there).textContent()) === 'Saved');
    for (const text of ['Begun!', 'Begun!!']) {
      await message(here).fill(text);
      await here.clock.runFor(5000);
      await until(async () => (await saved(here).textContent())!.includes('another draft'));
      await until(async () => (await drafts()).some(({ body }) => body === text));
    }
    expect((await drafts()).map(({ body }) => body).toSorted()).toEqual([
      'Begun!!',
      'Begun, and went on with for long',
    ]);
    await here.getByRole('button', { name: 'Send', exact: true }).click();
    await until(async () => (await drafts()).length === 1);
    await message(there).fill('Sent elsewhere?');
    await alice.submit('/drafts', {}, `/drafts/${rows[0]!.id}/discard`);
    await there.clock.runFor(5000);
    await until(async () => (await saved(there).textContent())!.includes('sent or discarded elsewhere'));
    expect(await drafts()).toEqual([]);
  });

  test('once signed out, the page says that nothing was saved, and keeps the text', async () => {
    const page = await open();
    await type(page, 'Alone');
    await page.context().clearCookies();
    await page.clock.runFor(4000);
    await page.getByText('Not saved: your text is only on this page').waitFor();
    expect(await message(page).inputValue()).toBe('Alone');
    expect(await drafts()).toEqual([]);
  });

  test('so does a page without network, where Send still tries', async () => {
    const page = await open();
    await type(page, 'In a tunnel');
    await page.route('**/drafts', (route) => route.abort());
    await page.clock.runFor(4000);
    await page.getByText('Not saved: your text is only on this page').waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.waitForURL('**/inbox');
    expect((await bob.get('/inbox')).text).toContain('In a tunnel');
  });

  test('the remaining length is shown before the limit, in user-perceived characters', async () => {
    const page = await open();
    await page.goto('/send');
    const left = page.locator('[data-left]');
    const says = async (text: string) => {
      await message(page).fill(text);
      return left.textContent();
    };
    expect(await says('a'.repeat(8999))).toBe('Up to 10,000 characters of plain text');
    expect(await says('a'.repeat(9000))).toBe('1000 characters left');
    expect(await says('🎉'.repeat(9999))).toBe('1 character left');
    expect(await says('é'.repeat(10_000))).toBe('0 characters left');
    expect(await says('a'.repeat(10_001))).toBe('1 character too many');
    expect(await says('a'.repeat(10_050))).toBe('50 characters too many');
    expect(await left.getAttribute('class')).toBe('error');
    expect(await says('a\nb')).toBe('Up to 10,000 characters of plain text');
    expect(await left.getAttribute('class')).not.toBe('error');
  });

  test('without JavaScript a button saves the draft, which can be resumed from the list', async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto('/send?to=bob');
    await message(page).fill('By hand');
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.getByText('Saved as a draft.').waitFor();
    await page.getByRole('link', { name: 'Drafts' }).click();
    await page.getByRole('link', { name: 'To bob' }).click();
    expect(await message(page).inputValue()).toBe('By hand');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Sent to bob.').waitFor();
    expect(await drafts()).toEqual([]);
  });
});
