// What is wrong with a form as a whole takes the focus.
import { afterAll, describe, expect, test } from 'vitest';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { cast } from '../support/cast.ts';
import { available } from '../support/required.ts';
import { stranger, type Answer, type Fields } from '../support/person.ts';

const { app, alice } = await cast({
  SENDS_PER_MINUTE: '1',
  LOGINS_PER_MINUTE: '1',
  SEARCHES_PER_MINUTE: '1',
  REGISTRATIONS_PER_HOUR: '1',
});
afterAll(() => app.close());

function expectFocus({ $, status }: Answer): void {
  expect(status).toBe(429);
  expect($('[autofocus]')).toHaveLength(1);
  expect($('[autofocus]').attr('role')).toBe('alert');
  expect($('[autofocus]').attr('tabindex')).toBe('-1');
  expect($('[autofocus]').text()).not.toBe('');
}

const wrong = { password: 'not the password' };
const forms: [path: string, fields: Fields][] = [
  ['/send', { recipient: 'bob', body: 'Words' }],
  ['/account/confirm', wrong],
  ['/account/delete', wrong],
  ['/account/password', { current: 'not it', password: 'a long enough password, new' }],
];
test.each(forms)('too often, %s', async (path, fields) => {
  await alice.submit(path, fields);
  const answer = await alice.submit(path, fields);
  expectFocus(answer);
  expect(answer.$(`form[action="${path}"]`)).toHaveLength(1);
  expect(answer.text).not.toContain('not the password');
});

test.each(['/login', '/login/recovery', '/register'])('too often, %s, signed out', async (path) => {
  const typed = { username: 'somebody', password: 'two owls upon a wall', code: '0000' };
  const press = (count: number) =>
    stranger(app.url).submit(path, path === '/register' ? { ...typed, username: `person${count}` } : typed);
  await press(1);
  expectFocus(await press(2));
});

test('too many searches', async () => {
  await alice.get('/search?q=words');
  expectFocus(await alice.get('/search?q=words'));
});

describe.skipIf(!available('chromium'))('in a browser', () => {
  test('the focus is on the error', async () => {
    const browser = await launchBrowser();
    const page = await openPageOf(alice, browser, app.url, { javaScriptEnabled: false });
    await page.goto('/send?to=bob');
    await page.getByLabel('Message', { exact: true }).fill('Again');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('form-error');
    await page.context().close();
    await browser.close();
  });
});
