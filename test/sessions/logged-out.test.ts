// A page whose session has ended says why it shows Login; to others it says nothing.
import { afterAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { at, stranger, type Answer, type Person } from '../support/person.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

const lineAfter = async (person: Person, answer: Answer) => {
  expect(answer.status).toBe(303);
  return (await person.get(answer.headers.location!)).$('.flash').text().trim();
};
const page = 'You were logged out. Log in to continue.';
const form = 'You were logged out, so nothing was changed. Log in to continue.';

test('after Logout in another tab of the browser', async () => {
  const token = await alice.hidden('/inbox', '/logout');
  await alice.submit('/inbox', {}, '/logout');
  const answer = await alice.get('/sent');
  expect(answer.headers.location).toBe('/login?next=%2Fsent');
  expect(await lineAfter(alice, answer)).toBe(page);
  expect((await alice.get('/login')).$('.flash')).toHaveLength(0); // once for each page
  expect(await lineAfter(alice, await alice.get('/inbox'))).toBe(page);
  expect(await lineAfter(alice, await alice.post('/messages/read', token))).toBe(form);
});

test('after another device has ended all others', async () => {
  const elsewhere = at(app.url, bob);
  const device = stranger(app.url, 'bob');
  await device.submit('/login', { username: 'bob', password: device.password });
  await device.submit('/account/devices', {}, '/account/devices/end-others');
  expect(await lineAfter(elsewhere, await elsewhere.get('/inbox'))).toBe(page);
});

test('an event stream, a refresh and a prefetch take the line from no page', async () => {
  await charlie.submit('/inbox', {}, '/logout');
  for (const [path, headers] of [
    ['/events', {}],
    ['/inbox', { 'X-Refresh': '1' }],
    ['/inbox', { 'Sec-Purpose': 'prefetch' }],
  ] as const) {
    const { headers: sent } = await charlie.ask('get', path, headers);
    expect(sent['set-cookie']).toBeUndefined();
  }
});

test('who was never logged in, or brings a cookie that is not ours, reads nothing', async () => {
  const nobody = stranger(app.url);
  expect(await lineAfter(nobody, await nobody.get('/inbox'))).toBe('');
  const [name] = bob.cookies().split('=');
  const forged = stranger(app.url, 'mallory', '', `${name}=s%3Aforged.signature`);
  expect(await lineAfter(forged, await forged.get('/inbox'))).toBe('');
});
