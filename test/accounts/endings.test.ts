// Ended sessions: the cookie is void in every process, open pages are notified, requests in flight restore nothing.
import { afterAll, describe, expect, test } from 'vitest';
import { openStream } from '../mailbox/live/listening.ts';
import { loggedInWith } from '../support/agents.ts';
import { makeCodes } from '../support/codes.ts';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { at, stranger, type Answer, type Fields, type Person } from '../support/person.ts';

const { app, alice } = await cast();
const other = await startApp({}, app.databaseUrl);
let owner = alice;
afterAll(async () => {
  await other.close();
  await app.close();
});

/** Ways to end the session of `ended`, up to the last button; `owner` is signed in with another browser. */
const ways: Record<string, (ended: Person) => Promise<() => Promise<Answer>>> = {
  logout: (ended) => button(ended, '/drafts', '/logout'),
  'ending one device': () => button(owner, '/account/devices', '/account/devices/end'),
  'ending all others': () => button(owner, '/account/devices', '/account/devices/end-others'),
  'a new password': async () => {
    const fields = { current: owner.password, password: `another long one ${Math.random()}` };
    owner.password = fields.password;
    return button(owner, '/account/password', '/account/password', fields);
  },
};

ways['a recovery code'] = async () => {
  const [code] = await makeCodes(owner);
  const back = stranger(app.url, 'alice', owner.password);
  const press = await button(back, '/login/recovery', '/login/recovery', { username: 'alice', code: code! });
  return () => {
    owner = back; // only the session from the recovery code stays
    return press();
  };
};

const countSessions = async () =>
  (await app.pool.query(`select from sessions join users on id = user_id where username = 'alice'`)).rowCount;

async function button(person: Person, page: string, action: string, fields: Fields = {}) {
  const form = { ...(await person.hidden(page, action)), ...fields };
  return () => person.post(action, form);
}

describe.each(Object.entries(ways))('%s', (_, prepare) => {
  test('invalidates the old cookie at both processes', async () => {
    const ended = await loggedInWith(app.url, owner);
    const press = await prepare(ended);
    const cookies = ended.cookies();
    for (const url of [app.url, other.url])
      expect((await stranger(url, '', '', cookies).get('/drafts')).status).toBe(200);
    expect((await press()).status).toBe(303);
    for (const url of [app.url, other.url]) {
      const thief = stranger(url, '', '', cookies);
      expect((await thief.get('/inbox')).get('Location')).toBe('/login?next=%2Finbox');
      expect((await thief.get('/account/devices')).status).toBe(303);
      expect((await thief.post('/trash/empty')).get('Location')).toBe('/login');
      expect((await thief.post('/send', { recipient: 'alice', body: 'x' })).status).toBe(401);
    }
    expect(await countSessions()).toBe(1);
    expect((await owner.get('/inbox')).status).toBe(200);
  });

  test('closes open event streams at both processes', async () => {
    const ended = await loggedInWith(app.url, owner);
    const press = await prepare(ended);
    const streams = await Promise.all([openStream(app.url, ended), openStream(other.url, ended)]);
    for (const stream of streams) await stream.hears({});
    const startedAt = Date.now();
    await press();
    expect(await Promise.all(streams.map((stream) => stream.ended))).toEqual([true, true]);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    for (const stream of streams) expect(stream.text()).toMatch(/event: signed-out\ndata: \{\}\n\n$/);
  });

  test('is not undone by requests in flight, in 25 races', async () => {
    for (let round = 0; round < 25; round++) {
      const ended = await loggedInWith(app.url, owner);
      const press = await prepare(ended);
      const copies = [app.url, other.url, app.url, other.url].map((url) => at(url, ended));
      // Each visit is noted in the session: these requests write it before, while and after it ends.
      await app.pool.query(`update sessions set sess = jsonb_set(sess, '{seenAt}', '0')`);
      const visits = copies.map(async (copy) => {
        for (let n = 0; n < 3; n++) await copy.get('/drafts');
      });
      const [answer] = await Promise.all([press(), ...visits]);
      expect(answer.status).toBe(303);
      expect((await copies[0]!.get('/drafts')).status).toBe(303);
      expect(await countSessions()).toBe(1); // the owner's
    }
  });
});
