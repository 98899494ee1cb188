// The list of devices, and ending one or all others.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { agents, loggedInWith } from '../../support/agents.ts';
import { cast } from '../../support/cast.ts';
import { isSignedIn, stranger, type Answer, type Person } from '../../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let phone: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ charlie } = await reset());
  await app.pool.query(
    `delete from sessions where user_id = (select id from users where username = 'alice')`,
  );
  alice = await loggedInWith(app.url, stranger(app.url, 'alice'), agents['Firefox on Linux']);
  phone = await loggedInWith(app.url, alice, agents['Safari on iOS']);
});

const list = (person: Person) => person.get('/account/devices');
const namesOn = ({ $ }: Answer) => $('.devices h2').toArray().map((name) => $(name).text()); // prettier-ignore

/** What the button beside a device sends. */
async function buttonOf(person: Person, name: string): Promise<Record<string, string>> {
  const { $ } = await list(person);
  const form = $('.devices li').filter((_, li) => $(li).text().includes(name)).find('form'); // prettier-ignore
  const inputs = form.find('input').toArray();
  return Object.fromEntries(inputs.map((input) => [$(input).attr('name')!, $(input).attr('value')!]));
}
const end = async (person: Person, name: string) =>
  person.post('/account/devices/end', await buttonOf(person, name));

describe('the list', () => {
  test('shows browser and system of each device, the last seen first, and marks the current one', async () => {
    expect(namesOn(await list(alice))).toEqual(['Safari on iOS', 'Firefox on Linux this device']);
    expect(namesOn(await list(phone))).toEqual(['Safari on iOS this device', 'Firefox on Linux']);
  });

  test('shows when each was signed in and last seen', async () => {
    await app.pool.query(
      `update sessions set sess = sess || jsonb_build_object('startedAt', $1::float8, 'seenAt', $2::float8)
        where agent = $3`,
      [Date.UTC(2020, 0, 31, 10, 12), Date.now() - 20 * 60 * 1000, agents['Safari on iOS']],
    );
    const { $ } = await list(alice);
    const said = $('.devices li').last().find('.when').text().replaceAll(/\s+/g, ' ');
    expect(said).toBe('Logged in 31 Jan 2020, last seen 20 minutes ago');
    expect($('.devices time').last().prev().attr('datetime')).toBe('2020-01-31T10:12:00Z');
  });

  test('leaves out expired sessions and those of other users', async () => {
    await app.pool.query(`update sessions set expire = now() where agent = $1`, [agents['Safari on iOS']]);
    expect(namesOn(await list(alice))).toEqual(['Firefox on Linux this device']);
    expect(namesOn(await list(charlie))).toEqual(['An unknown browser this device']);
  });

  test('is linked from the account page and requires a login', async () => {
    expect((await alice.get('/account')).$('main a[href="/account/devices"]')).toHaveLength(1);
    const answer = await stranger(app.url).get('/account/devices');
    expect(answer.get('Location')).toBe('/login?next=%2Faccount%2Fdevices');
    expect((await alice.ask('put', '/account/devices')).status).toBe(405);
  });

  test('shows nothing that could be used to sign in', async () => {
    const { text } = await list(alice);
    for (const person of [alice, phone]) {
      const id = decodeURIComponent(/session=([^;]*)/.exec(person.cookies())![1]!);
      expect(text).not.toContain(id.split('.')[1]);
    }
  });
});

describe('ending a device', () => {
  test('signs it out and no other', async () => {
    const answer = await end(alice, 'Safari on iOS');
    expect([answer.status, answer.get('Location')]).toEqual([303, '/account/devices']);
    const page = await list(alice);
    expect(page.$('[role=status]').text()).toBe('That device is logged out.');
    expect(namesOn(page)).toEqual(['Firefox on Linux this device']);
    expect((await phone.get('/inbox')).get('Location')).toBe('/login?next=%2Finbox');
  });

  test('answers 404 if it has ended already', async () => {
    const button = await buttonOf(alice, 'Safari on iOS');
    expect((await alice.post('/account/devices/end', button)).status).toBe(303);
    const again = await alice.post('/account/devices/end', button);
    expect([again.status, again.$('main').text()]).toEqual([404, expect.stringContaining('no such device')]);
  });

  test("answers 404 for another user's device, which stays signed in", async () => {
    const { device } = await buttonOf(alice, 'Safari on iOS');
    const { _csrf } = await charlie.hidden('/account', '/logout');
    expect((await charlie.post('/account/devices/end', { _csrf: _csrf!, device: device! })).status).toBe(404);
    expect(await isSignedIn(phone)).toBe(true);
  });

  test.each(['', 'x', "' or true --", '\0', 'x'.repeat(5000), '-'.repeat(43)])(
    'answers 404 for an unknown device: %j',
    async (device) => {
      const { _csrf } = await alice.hidden('/account', '/logout');
      expect((await alice.post('/account/devices/end', { _csrf: _csrf!, device })).status).toBe(404);
    },
  );

  test('leads to the login page if it is the current one', async () => {
    const { device } = await buttonOf(alice, 'Firefox on Linux').then(async () => buttonOf(phone, 'Firefox'));
    const { _csrf } = await alice.hidden('/account', '/logout');
    await alice.post('/account/devices/end', { _csrf: _csrf!, device: device! });
    expect((await list(alice)).get('Location')).toContain('/login');
  });
});

describe('ending all other devices', () => {
  const endOthers = (person: Person) => person.submit('/account/devices', {}, '/account/devices/end-others');

  test('keeps the current one', async () => {
    const third = await loggedInWith(app.url, alice);
    const answer = await endOthers(phone);
    expect([answer.status, answer.get('Location')]).toEqual([303, '/account/devices']);
    expect((await list(phone)).$('[role=status]').text()).toBe('All other devices are logged out.');
    for (const person of [alice, third]) expect(await isSignedIn(person)).toBe(false);
    expect(await isSignedIn(phone)).toBe(true);
    expect(await isSignedIn(charlie)).toBe(true);
  });

  test('also ends logins in progress, by a new epoch', async () => {
    const epoch = async () =>
      (await app.pool.query(`select epoch from users where username = 'alice'`)).rows[0].epoch;
    const before = await epoch();
    await endOthers(alice);
    expect(await epoch()).toBe(before + 1);
  });

  test('is offered if there are other devices', async () => {
    await endOthers(alice);
    expect((await list(alice)).$('form[action="/account/devices/end-others"]')).toHaveLength(0);
  });
});

test.each(['/account/devices/end', '/account/devices/end-others'])(
  '%s: a forged form is refused, a signed-out user is sent to the login, a link does nothing',
  async (action) => {
    const { device } = await buttonOf(alice, 'Safari on iOS');
    const { _csrf } = await charlie.hidden('/account', '/logout');
    expect((await alice.post(action, { device: device! })).status).toBe(403);
    expect((await alice.post(action, { device: device!, _csrf: _csrf! })).status).toBe(403);
    expect((await stranger(app.url).post(action, { device: device! })).get('Location')).toBe('/login');
    expect((await alice.get(action)).status).toBe(405);
    expect(await isSignedIn(phone)).toBe(true);
  },
);
