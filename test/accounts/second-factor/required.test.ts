// REQUIRE_SECOND_FACTOR=all: without a second factor, only its set-up is accessible.
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openStream } from '../../mailbox/live/listening.ts';
import { makeAdmin } from '../../support/admin.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { withCodes } from '../../support/authenticator.ts';
import { makeCodes } from '../../support/codes.ts';
import { filledIn } from '../../support/forms.ts';
import { withPasskey } from '../../support/passkey.ts';
import { at, type Fields, type Person } from '../../support/person.ts';

const home = '/account/second-factor';
const { app, reset } = await cast({ REQUIRE_SECOND_FACTOR: 'all' });
/** The same site before the setting. */
const before = await startApp({}, app.databaseUrl);
let alice: Person;
afterAll(async () => {
  await before.close();
  await app.close();
});
beforeEach(async () => {
  ({ alice } = await reset());
});

const pages =
  '/inbox /INBOX/ /sent /send /drafts /trash /search?q=a /with/alice /account /account/devices /account/export'.split(
    ' ',
  );

test('every page leads to the set-up, and says why', async () => {
  for (const page of pages) expect((await alice.get(page)).get('Location'), page).toBe(home);
  expect((await alice.get(home)).$('main').text()).toContain('This server requires a second factor.');
});

test('streams and forms are refused, and input is preserved', async () => {
  const form: Fields = {
    ...(await at(before.url, alice).hidden('/send')),
    recipient: 'alice',
    body: 'Written for hours',
  };
  const refused = await alice.post('/send', form);
  expect([refused.status, refused.$('#body').text().trim()]).toEqual([403, 'Written for hours']);
  expect(refused.$('[role=alert]').text()).toContain('requires a second factor');
  for (const action of ['/account/devices/end-others', '/trash/empty', '/account/delete'])
    expect((await alice.post(action, { _csrf: form._csrf! })).status, action).toBe(403);
  expect((await openStream(app.url, alice)).status).toBe(403);
  await withCodes(alice);
  expect((await alice.post('/send', filledIn(refused, '/send'))).status).toBe(303);
});

test('with codes or a required passkey everything is accessible; without, nothing is', async () => {
  await withCodes(alice);
  expect((await alice.get('/inbox')).status).toBe(200);
  await alice.submit(`${home}/off`);
  expect((await alice.get('/inbox')).get('Location')).toBe(home);
  await withPasskey(alice);
  await alice.submit(home, { ask: 'yes' }, `${home}/passkey`);
  expect((await alice.get('/inbox')).status).toBe(200);
});

test('recovery codes, a new password and logout are accessible without it', async () => {
  expect(await makeCodes(alice)).toHaveLength(10);
  expect((await alice.get('/account/password')).status).toBe(200);
  expect((await alice.get('/account/confirm')).status).toBe(200);
  expect((await alice.submit(home, {}, '/logout')).get('Location')).toBe('/');
});

test('REQUIRE_SECOND_FACTOR=admins requires it of administrators only', async () => {
  const site = await startApp({ REQUIRE_SECOND_FACTOR: 'admins' }, app.databaseUrl);
  onTestFinished(() => site.close());
  const there = at(site.url, alice);
  expect((await there.get('/inbox')).status).toBe(200);
  expect((await there.get(home)).text).not.toContain('requires a second factor');
  await makeAdmin(app, alice);
  for (const page of ['/inbox', '/admin']) expect((await there.get(page)).get('Location')).toBe(home);
  expect((await there.get(home)).text).toContain('This server requires a second factor.');
  await withCodes(there);
  expect((await there.get('/admin')).status).toBe(200);
});
