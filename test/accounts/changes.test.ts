// Every change of credentials leaves a notice, and an ended session cannot make one.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { withCodes } from '../support/authenticator.ts';
import { makeCodes } from '../support/codes.ts';
import { patient, untilWaiting } from '../support/locks.ts';
import { questionOn, softPasskey, withPasskey } from '../support/passkey.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';
import { openStream } from '../mailbox/live/listening.ts';

const { app, reset } = await cast({}, { address: patient });
let alice: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice } = await reset());
});

const factor = '/account/second-factor';
const notices = async () =>
  (
    await app.pool.query<{ body: string }>(`select body from messages where origin = 'notice' order by id`)
  ).rows.map(({ body }) => body.split(' with ')[0]);

const removePasskey = async () => {
  const page = await alice.get('/account/passkeys');
  return alice.submit('/account/passkeys', {}, page.$('form[action$="/remove"]').attr('action'));
};
const askForPasskey = (ask: string) => alice.submit(factor, { ask }, `${factor}/passkey`);

test('each change leaves a notice that says what to do if it was somebody else', async () => {
  await alice.submit('/account/password', { current: alice.password, password: 'another long one' });
  await makeCodes(alice);
  await withCodes(alice);
  await alice.submit(`${factor}/off`);
  await withPasskey(alice, softPasskey(), 'Telephone');
  await askForPasskey('yes');
  await askForPasskey('yes'); // changes nothing
  await askForPasskey('no');
  await removePasskey();
  expect(await notices()).toEqual([
    'Your password was changed',
    'New recovery codes were made',
    'Codes from an app were turned on as your second factor',
    'Codes from an app were turned off as your second factor',
    'A passkey, “Telephone”, was added',
    'A setting was changed: login asks for a passkey after your password,',
    'A setting was changed: login asks for no passkey after your password,',
    'Your passkey “Telephone” was removed',
  ]);
  const page = await alice.get((await alice.get('/inbox')).$('.messages h2 a').last().attr('href')!);
  expect(page.$('.text').text()).toMatch(
    /with an unknown browser on \w+, \d+ \w+ \d{4} at \d\d:\d\d UTC\.\s+If that was not you, .*remove passkeys that you do not know, and make new recovery codes\.$/s,
  );
});

describe('a request whose session ends while it runs changes nothing:', () => {
  const changes: Record<string, (intruder: Person) => Promise<() => Promise<Answer>>> = {
    'the password': async (intruder) => {
      const form = { ...(await intruder.hidden('/account/password')), current: alice.password };
      return () => intruder.post('/account/password', { ...form, password: 'an intruder was here' });
    },
    passkeys: async (intruder) => {
      const page = '/account/passkeys';
      const form = await intruder.hidden(page);
      const credential = softPasskey().create(questionOn(await intruder.get(page)));
      return () => intruder.post(page, { ...form, name: 'Intruder', credential });
    },
    'recovery codes': async (intruder) => {
      const page = '/account/recovery-codes';
      const form = await intruder.hidden(page);
      return () => intruder.post(page, form);
    },
  };

  test.each(Object.entries(changes))('%s', async (_, prepare) => {
    const intruder = stranger(app.url, 'alice');
    await intruder.submit('/login', { username: 'alice', password: alice.password });
    const press = await prepare(intruder);
    // The account is held, so that the request comes as far as the change; meanwhile its session is ended.
    const client = await app.pool.connect();
    await client.query('begin');
    await client.query('select from users for no key update');
    const pressed = press();
    await untilWaiting(app.pool);
    await client.query(
      `delete from sessions where sess->>'startedAt' = (select max(sess->>'startedAt') from sessions)`,
    );
    await client.query('commit');
    client.release();
    const answer = await pressed;
    expect([answer.status, answer.$('main').text()]).toEqual([
      401,
      expect.stringContaining('Nothing was changed.'),
    ]);
    expect(await notices()).toEqual([expect.stringMatching(/^Somebody logged in/)]);
    expect((await alice.get('/inbox')).status).toBe(200);
    for (const table of ['passkeys', 'recovery_codes'])
      expect((await app.pool.query(`select from ${table}`)).rowCount).toBe(0);
  });
});

test('an open page does not restore the right to set a password without the old one', async () => {
  const [code] = await makeCodes(alice);
  const window = stranger(app.url, 'alice');
  await window.submit('/login/recovery', { username: 'alice', code: code! });
  await app.pool.query(`update sessions set sess = jsonb_set(sess, '{seenAt}', to_jsonb($1::bigint))`, [
    Date.now() - 6 * 60_000,
  ]);
  const stream = await openStream(app.url, window);
  await window.submit('/account/password', { password: 'another long one' });
  stream.close();
  await stream.ended;
  for (let n = 0; n < 5; n++) (await openStream(app.url, window)).close();
  expect((await window.get('/account/password')).$('#current')).toHaveLength(1);
  const { rows } = await app.pool.query<{ sess: object }>(
    `select sess from sessions where user_id = (select id from users where username = 'alice')`,
  );
  expect(rows.map(({ sess }) => 'recoveredAt' in sess)).toEqual([false]);
});

test.each([
  ['passes fourteen minutes after the last proof', 14, 200],
  ['is asked for sixteen minutes after it', 16, 303],
])('the password %s', async (_, minutes, status) => {
  await app.pool.query(`update sessions set sess = jsonb_set(sess, '{confirmedAt}', to_jsonb($1::bigint))`, [
    Date.now() - minutes * 60_000,
  ]);
  for (const page of [
    '/account/passkeys',
    '/account/recovery-codes',
    factor,
    '/account/export',
    '/account/import',
  ])
    expect((await alice.get(page)).status, page).toBe(status);
});

test('an intruder who saw a pending TOTP secret does not know the owner’s', async () => {
  const intruder = stranger(app.url, 'alice');
  await intruder.submit('/login', { username: 'alice', password: alice.password });
  await intruder.submit(factor);
  const seen = (await intruder.get(`${factor}/set-up`)).$('.secret').text();
  await alice.submit(factor);
  const own = (await alice.get(`${factor}/set-up`)).$('.secret').text();
  expect(seen).toHaveLength(39);
  expect(own).not.toBe(seen);
});

test('what is typed into the username field is not stored anywhere', async () => {
  await stranger(app.url).submit('/login', { username: 'my secret passphrase 42', password: 'x' });
  const { rows } = await app.pool.query<{ key: string }>('select key from rate_limits');
  expect(rows.length).toBeGreaterThan(0);
  for (const { key } of rows) expect(key).toMatch(/^[a-z-]+:[\w-]{43}$/);
});
