// Days and times follow the account's time zone, else the browser's, else UTC.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { stranger, type Person } from '../support/person.ts';
import { find, addMessage, searchAddress } from '../mailbox/search/found.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

/** The same person in a browser that sends its time zone. */
async function inBrowserOf(person: Person, zone: string): Promise<Person> {
  const name = (await alice.get('/search')).$('body').attr('data-zone-cookie')!;
  const cookies = person.cookies();
  return stranger(app.url, person.username, undefined, zone === '' ? cookies : `${cookies}; ${name}=${zone}`);
}
const choose = (timeZone: string) => alice.submit('/account/time-zone', { timeZone });

describe('a day', () => {
  test.each<[setting: string, browser: string, says: string, first: string, last: string]>([
    ['', '', 'Days are in UTC, because your time zone is not known.', '2026-10-31T00:00:00Z', '2026-10-31T23:59:59Z'],
    ['', 'Asia/Tokyo', 'Days are in Asia/Tokyo, as your browser says.', '2026-10-30T15:00:00Z', '2026-10-31T14:59:59Z'],
    ['America/New_York', 'Asia/Tokyo', 'Days are in America/New_York.', '2026-10-31T04:00:00Z', '2026-11-01T03:59:59Z'],
    ['Europe/Berlin', '', 'Days are in Europe/Berlin.', '2026-10-30T23:00:00Z', '2026-10-31T22:59:59Z'],
    ['UTC', 'Asia/Tokyo', 'Days are in UTC.', '2026-10-31T00:00:00Z', '2026-10-31T23:59:59Z'],
    ['', 'Nowhere/Land', 'Days are in UTC, because your time zone is not known.', '2026-10-31T00:00:00Z', '2026-10-31T23:59:59Z'],
  ])('with the setting "%s" and the browser’s "%s"', async (setting, browser, says, first, last) => {
    await choose(setting);
    const reader = await inBrowserOf(alice, encodeURIComponent(browser));
    await addMessage(app.pool, bob, 'alice', 'before', new Date(Date.parse(first) - 1).toISOString());
    await addMessage(app.pool, bob, 'alice', 'first', first);
    await addMessage(app.pool, bob, 'alice', 'last', last);
    await addMessage(app.pool, bob, 'alice', 'after', new Date(Date.parse(last) + 1001).toISOString());
    expect(await find(reader, 'after:2026-10-30 before:2026-11-01')).toEqual(['last', 'first']);
    expect(await find(reader, 'before:2026-10-31')).toEqual(['before']);
    expect(await find(reader, 'after:2026-10-31')).toEqual(['after']);
    const page = await reader.get(searchAddress('before:2026-10-31'));
    expect(page.$('main .hint').text()).toContain(says);

    const older = await reader.get('/inbox/older?than=2026-10-31');
    expect(older.$('main').text()).toContain('One message');
    expect(older.$('main').text()).toContain(says);
    await reader.submit('/inbox/older?than=2026-10-31', {}, '/inbox/older');
    expect(await find(reader, 'in:inbox')).toEqual(['after', 'last', 'first']);
  }); // prettier-ignore
});

test('without a script, times on pages are in the account’s zone too', async () => {
  await addMessage(app.pool, bob, 'alice', 'Hello', '2026-07-01T22:34:00Z');
  await choose('Europe/Berlin');
  const time = (await alice.get('/inbox')).$('.messages time');
  expect(time.attr('title')).toBe('Thursday, 2 July 2026 at 00:34 (Europe/Berlin)');
  expect(time.text()).toBe('2 Jul 2026');
  expect(time.attr('datetime')).toBe('2026-07-01T22:34:00Z');
  await choose('');
  expect((await alice.get('/inbox')).$('.messages time').attr('title')).toContain('at 22:34 UTC');
});

test('an invalid time zone is refused, and the account page shows the current one', async () => {
  for (const zone of ['Europe/Nowhere', '<b>', 'x'.repeat(1000)]) {
    const answer = await choose(zone);
    expect(answer.status).toBe(422);
    expect(answer.$('#timeZone-error').text()).toBe('Please choose a time zone from the list.');
  }
  await choose('Asia/Kolkata');
  expect((await alice.get('/account')).$('.account').text()).toContain('Asia/Kolkata');
  expect((await alice.get('/account/time-zone')).$('option[selected]').text()).toBe('Asia/Kolkata');
  await choose('');
});

test.each(['%', '%E0%A4%A', 'Europe%2FBerlin%00', '"Europe/Berlin"', 'a'.repeat(3000)])(
  'a browser that sends %s is ignored',
  async (value) => {
    const page = await (await inBrowserOf(alice, value)).get('/search');
    expect([page.status, page.$('.syntax').text().includes('Days are in UTC')]).toEqual([200, true]);
  },
);
