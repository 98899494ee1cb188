// Password rules and hashing.
import { afterAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { stranger } from '../support/person.ts';

const app = await startApp();
afterAll(() => app.close());

let count = 0;
const register = (password: string, username = `person-${(count += 1)}`) =>
  stranger(app.url).submit('/register', { username, password });
const login = (username: string, password: string) =>
  stranger(app.url).submit('/login', { username, password });

const long = Array.from({ length: 128 }, (_, n) =>
  String.fromCharCode(97 + ((n * 7) % 26), 48 + ((n * n) % 10)),
).join('');
const manyEmoji = Array.from({ length: 256 }, (_, n) => String.fromCodePoint(0x1f400 + ((n * 37) % 60))).join(
  '',
);

describe('a password is accepted and works exactly as typed:', () => {
  test.each([
    ['eight characters', 'kv7%qLp2', 'kv7%qLp'],
    ['eight emoji', '🦉🦊🐙🐝🦋🐢🦔🐘', '🦉🦊🐙🐝🦋🐢🦔'],
    ['256 characters', long, long.slice(0, 255)],
    ['256 emoji', manyEmoji, manyEmoji.slice(0, -2)],
    ['spaces around it', '  sea glass  ', 'sea glass'],
    ['a tab and a line end at its end', 'sea glass\t\n', 'sea glass'],
    ['capitals', 'Sea-Glass-Lane', 'sea-glass-lane'],
    ['any script', 'слово и ещё слово', 'слово и еще слово'],
    ['characters of HTML and SQL', `'"<>&;--%_$1`, `'"<>&;--%_$2`],
  ])('%s', async (_, password, almost) => {
    const answer = await register(password);
    expect(answer.status, answer.$('.error').text()).toBe(303);
    const username = `person-${count}`;
    expect((await login(username, almost)).status).toBe(422);
    expect((await login(username, password)).status).toBe(303);
  });
});

describe('a password is refused, and not shown again:', () => {
  test.each([
    ['nothing', ''],
    ['seven characters', 'kv7%qLp'],
    ['seven emoji, although these are 14 units of UTF-16', '🦉🦊🐙🐝🦋🐢🦔'],
    ['257 characters', `${long}x`],
    ['100,000 characters', 'x'.repeat(100_000)],
    ['one of the common ones', 'password1'],
    ['another common one', 'iloveyou'],
    ['a common one in capitals', 'PASSWORD1'],
    ['NUL inside', 'sea\0glass lane'],
  ])('%s', async (_, password) => {
    const answer = await register(password);
    expect(answer.status).toBe(422);
    expect(answer.$('#password-error').text()).not.toBe('');
    expect(answer.$('input[name=username]').attr('value')).toBe(`person-${count}`);
    expect(answer.$('input[name=password]').attr('value')).toBeUndefined();
    if (password) expect(answer.text).not.toContain(password);
  });

  test.each(['charlotte', 'CHARLOTTE', ' charlotte ', 'charlotte1', '1charlotte!'])(
    'if it is the username, as in %j',
    async (password) => {
      const answer = await register(password, 'charlotte');
      expect(answer.status).toBe(422);
      expect(answer.$('#password-error').text()).toContain('username');
    },
  );
});

test('a long password may contain the username', async () => {
  expect((await register('dora and the sea glass', 'dora')).status).toBe(303);
});

test('passwords are stored as argon2id hashes with the configured parameters and individual salts', async () => {
  const strong = await startApp({ PASSWORD_MEMORY_KIB: '19456', PASSWORD_PASSES: '2' }, app.databaseUrl);
  const password = 'the same for both';
  for (const username of ['twin-a', 'twin-b'])
    await stranger(strong.url).submit('/register', { username, password });
  const { rows } = await app.pool.query<{ hash: string }>(
    `select password_hash as hash from users where username like 'twin-%'`,
  );
  await strong.close();
  expect(rows).toHaveLength(2);
  expect(rows[0]!.hash).not.toBe(rows[1]!.hash);
  for (const { hash } of rows) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,(p=1,t=2|t=2,p=1)\$/);
});

test('a weaker hash is replaced at the next successful login', async () => {
  const hashOf = async () => {
    const { rows } = await app.pool.query<{ hash: string }>(
      `select password_hash as hash from users where username = 'weakling'`,
    );
    return rows[0]!.hash;
  };
  const password = 'sea glass lane';
  await register(password, 'weakling');
  const weak = await hashOf();
  const strong = await startApp({ PASSWORD_PASSES: '3' }, app.databaseUrl);
  const loginThere = (typed: string) =>
    stranger(strong.url).submit('/login', { username: 'weakling', password: typed });

  expect((await loginThere('wrong password')).status).toBe(422);
  expect(await hashOf()).toBe(weak);
  expect((await loginThere(password)).status).toBe(303);
  const stronger = await hashOf();
  expect(stronger).toContain('t=3');
  expect((await loginThere(password)).status).toBe(303);
  expect(await hashOf()).toBe(stronger);
  expect((await login('weakling', password)).status).toBe(303);
  await strong.close();
});
