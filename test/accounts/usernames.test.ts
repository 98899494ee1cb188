// Which usernames are allowed.
import { afterAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { registered, stranger } from '../support/person.ts';

const app = await startApp();
afterAll(() => app.close());

const password = 'a long enough password';

async function names(): Promise<string[]> {
  const { rows } = await app.pool.query<{ username: string }>('select username from users');
  return rows.map((row) => row.username);
}

describe('a username is accepted:', () => {
  test.each([
    ['three characters', 'abc', 'abc'],
    ['thirty characters', 'a'.repeat(30), 'a'.repeat(30)],
    ['a digit first', '1alice', '1alice'],
    ['only digits', '2026', '2026'],
    ['all the separators', 'a_b-c.d', 'a_b-c.d'],
    ['capitals, kept as small letters', 'CharLIE', 'charlie'],
    ['spaces around it, which are not kept', '  \t dora \n', 'dora'],
    ['a reserved word inside a longer one', 'administratorix', 'administratorix'],
  ])('%s', async (_, typed, kept) => {
    const person = stranger(app.url);
    const answer = await person.submit('/register', { username: typed, password });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/inbox');
    expect(await names()).toContain(kept);
    expect((await person.get('/inbox')).text).toContain(kept);
  });
});

describe('a username is refused, and still stands in the form:', () => {
  test.each([
    ['nothing', ''],
    ['only spaces', '   '],
    ['two characters', 'ab'],
    ['two characters and spaces', ' ab '],
    ['thirty-one characters', 'a'.repeat(31)],
    ['ten thousand characters', 'a'.repeat(10_000)],
    ['a separator first', '_alice'],
    ['a hyphen first', '-alice'],
    ['a point first', '.alice'],
    ['a space inside', 'ali ce'],
    ['a line end inside', 'ali\nce'],
    ['an accent', 'élise'],
    ['a Cyrillic letter that looks like a Latin one', 'аlice'],
    ['an emoji', 'alice👋'],
    ['full-width letters', 'ａｌｉｃｅ'],
    ['an at sign', 'alice@example.org'],
    ['a slash', 'alice/bob'],
    ['a quotation mark', `alice'--`],
    ['markup', '<b>alice</b>'],
    ['NUL', 'alice\0'],
    ['a reserved word', 'admin'],
    ['a reserved word in capitals', 'ROOT'],
    ['a reserved word with spaces around it', ' support '],
    ['a reserved word with separators', 's.y_s-tem'],
    ['what stands in place of those who left', 'deleted-account'],
    ['what the person who runs this place is called', 'the.operator'],
    ['a reserved word with a separator at the end', 'moderator.'],
  ])('%s', async (_, username) => {
    const before = await names();
    const answer = await stranger(app.url).submit('/register', { username, password });
    expect(answer.status).toBe(422);
    expect(answer.$('#username-error').text()).not.toBe('');
    // HTML cannot hold NUL: browsers read it as a replacement character.
    expect(answer.$('input[name=username]').attr('value')).toBe(username.replace('\0', '\uFFFD'));
    expect(await names()).toEqual(before);
  });
});

describe('a taken username', () => {
  test('is refused in any spelling', async () => {
    await registered(app.url, 'alice');
    for (const username of ['alice', 'ALICE', '  Alice ']) {
      const answer = await stranger(app.url).submit('/register', { username, password });
      expect(answer.status).toBe(422);
      expect(answer.$('#username-error').text()).toContain('taken');
    }
  });

  test('registered twice concurrently makes one account and one clear error', async () => {
    const second = await startApp({}, app.databaseUrl);
    for (const username of ['eve-1', 'eve-2', 'eve-3', 'eve-4', 'eve-5']) {
      const people = [stranger(app.url), stranger(second.url)];
      const answers = await Promise.all(
        people.map((person, i) => person.submit('/register', { username, password: `${password} ${i}` })),
      );
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([303, 422]));
      const loser = answers.findIndex((answer) => answer.status === 422);
      expect(answers[loser]!.$('#username-error').text()).toContain('taken');
      expect((await people[loser]!.get('/inbox')).status).toBe(303);
      expect((await people[1 - loser]!.get('/inbox')).status).toBe(200);
      expect((await names()).filter((name) => name === username)).toHaveLength(1);
      // The account is the winner's: only the winner's password works.
      const tries = [0, 1].map((i) =>
        stranger(app.url).submit('/login', { username, password: `${password} ${i}` }),
      );
      expect((await Promise.all(tries)).findIndex((answer) => answer.status === 303)).toBe(1 - loser);
    }
    await second.close();
  });
});

test('login folds usernames in the same way: case and surrounding spaces do not matter', async () => {
  await registered(app.url, 'frank');
  const answer = await stranger(app.url).submit('/login', { username: '  FRANK ', password });
  expect(answer.status).toBe(303);
});
