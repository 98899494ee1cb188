// The security log: a line for each login, failed login, change of credentials and refusal by a limit.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeResetLink } from '../../src/accounts/reset-links/queries.ts';
import { createLog } from '../../src/web/log.ts';
import { beginLogin, withCodes } from '../support/authenticator.ts';
import { cast } from '../support/cast.ts';
import { makeCodes } from '../support/codes.ts';
import { questionOn, softPasskey, withPasskey } from '../support/passkey.ts';
import { stranger, type Person } from '../support/person.ts';

type Line = Record<string, string | number | undefined>;

let written = '';
const log = createLog('info', { write: (text) => void (written += text) });
const { app, reset } = await cast({ LOGINS_PER_MINUTE: '3', SEARCHES_PER_MINUTE: '1' }, { log });
let alice: Person;
let aliceId: string;
beforeEach(async () => {
  ({ alice } = await reset());
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  aliceId = rows[0]!.id;
  written = '';
});
afterAll(() => app.close());

const lines = () =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const events = () =>
  lines()
    .filter(({ kind }) => kind === 'security')
    .map(({ event, detail, account }) => [event, detail, account]);

const secret = 'canary-secret-4d1e';
const somebody = (password = alice.password) => stranger(app.url, 'alice', password);
const logIn = (person: Person, { username, password } = person) =>
  person.submit('/login', { username, password });

describe('a login says how and whose', () => {
  test('by password, and a failed one of an account or of nobody', async () => {
    await logIn(somebody());
    await logIn(somebody(secret));
    await logIn(stranger(app.url, secret, secret));
    expect(events()).toEqual([
      ['login', 'password', aliceId],
      ['failed login', 'password', aliceId],
      ['failed login', 'password', undefined],
    ]);
    for (const word of [secret, 'alice', alice.password, '127.0.0.1']) expect(written).not.toContain(word);
  });

  test('with the request’s number, time and level', async () => {
    await logIn(somebody(secret));
    const [event, request] = lines().slice(-2);
    expect(Object.keys(event!)).toEqual(['level', 'time', 'kind', 'event', 'detail', 'account', 'request']);
    expect([event!.request, event!.level]).toEqual([request!.request, 40]);
  });

  test('by registering, and of a disabled account', async () => {
    await stranger(app.url).submit('/register', { username: 'dora', password: secret });
    await app.pool.query('update users set disabled_at = now() where id = $1', [aliceId]);
    await logIn(somebody());
    expect(events()).toEqual([
      ['login', 'registration', expect.stringMatching(/^[\da-f-]{36}$/)],
      ['failed login', 'password', aliceId],
    ]);
    expect(written).not.toMatch(/dora|canary/);
  });

  test('by a code, a passkey or a recovery code after the password', async () => {
    const phone = await withCodes(alice);
    const passkey = await withPasskey(alice);
    await alice.submit('/account/second-factor', { ask: 'yes' }, '/account/second-factor/passkey');
    const codes = await makeCodes(alice);
    written = '';
    const person = somebody();
    await beginLogin(person, alice);
    await person.submit('/login/second', { code: phone.wrong() });
    await person.submit('/login/second', { code: phone.code() });
    const other = somebody();
    await beginLogin(other, alice);
    const asked = async () => questionOn(await other.get('/login/second'));
    const use = async (key: typeof passkey) =>
      other.submit('/login/second', { credential: key.use(await asked()) }, '/login/second/passkey');
    await use(softPasskey());
    await use(passkey);
    const third = somebody();
    await beginLogin(third, alice);
    await third.submit('/login/second/recovery', { recovery: secret });
    await third.submit('/login/second/recovery', { recovery: codes[0]! });
    const both = (way: string) => [
      ['failed login', way, aliceId],
      ['login', way, aliceId],
    ];
    expect(events()).toEqual(
      ['password and code', 'password and passkey', 'password and recovery code'].flatMap(both),
    );
    for (const word of ['alice', secret, phone.code(), codes[0]!]) expect(written).not.toContain(word);
  });

  test('by a passkey or recovery codes alone, and by the password once more', async () => {
    const passkey = await withPasskey(alice);
    const codes = await makeCodes(alice);
    written = '';
    await alice.submit('/account/confirm', { password: secret });
    await alice.submit('/account/confirm', { password: alice.password });
    const answer = async (key: typeof passkey, person: Person) =>
      person.submit(
        '/login',
        { credential: key.use(questionOn(await person.get('/login'))) },
        '/login/passkey',
      );
    await answer(softPasskey(), somebody());
    await answer(passkey, somebody());
    const recover = (code: string) => somebody().submit('/login/recovery', { username: 'alice', code });
    await recover(secret);
    await recover(codes[0]!);
    expect(events()).toEqual([
      ['failed login', 'confirm password', aliceId],
      ['login', 'confirm password', aliceId],
      ['failed login', 'passkey', undefined],
      ['login', 'passkey', aliceId],
      ['failed login', 'recovery code', aliceId],
      ['login', 'recovery code', aliceId],
    ]);
  });
});

test('a change of credentials says which, and nothing of them', async () => {
  const passkey = await withPasskey(alice, softPasskey(), secret);
  const page = await alice.get('/account/passkeys');
  await alice.submit('/account/passkeys', {}, page.$('form[action$="/remove"]').first().attr('action'));
  await withCodes(alice);
  await alice.submit('/account/second-factor/off');
  const codes = await makeCodes(alice);
  await alice.submit('/account/password', { current: alice.password, password: secret });
  const { token } = await makeResetLink(app.pool, aliceId, false);
  await stranger(app.url).submit(`/reset/${token}`, { password: `${secret} again` });
  const again = somebody(`${secret} again`);
  await logIn(again);
  await again.submit('/account/delete', { password: again.password });
  const changes = events().filter(([event]) => event === 'credential change');
  expect(changes.map(([, detail]) => detail)).toEqual([
    'passkey added',
    'passkey removed',
    'codes on',
    'codes off',
    'recovery codes',
    'password',
    'reset link',
    'account deleted',
  ]);
  expect(new Set(changes.map(([, , account]) => account))).toEqual(new Set([aliceId]));
  for (const word of [secret, token, passkey.id, codes[0]!]) expect(written).not.toContain(word);
});

describe('a refusal by a limit says where and whose', () => {
  test('of a guesser and of a member', async () => {
    for (let guesses = 0; guesses < 4; guesses++) await logIn(somebody(secret));
    for (let searches = 0; searches < 2; searches++) await alice.get(`/search?q=${secret}`);
    expect(events().filter(([event]) => event === 'limit')).toEqual([
      ['limit', '/login', aliceId],
      ['limit', '/search', aliceId],
    ]);
    expect(written).not.toContain(secret);
  });

  test('of somebody who types a name that nobody has', async () => {
    for (let guesses = 0; guesses < 4; guesses++) await logIn(stranger(app.url, secret, secret));
    expect(events().at(-1)).toEqual(['limit', '/login', undefined]);
    expect(written).not.toContain(secret);
  });
});
