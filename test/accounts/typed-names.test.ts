// Usernames typed on any keyboard or pasted.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foldUsername, splitUsernames } from '../../src/usernames.ts';
import { cast } from '../support/cast.ts';
import { makeCodes } from '../support/codes.ts';
import { copiesOf } from '../support/mailboxes.ts';
import { registered, stranger } from '../support/person.ts';

let codes: string[];
const { app, alice } = await cast();
beforeAll(async () => {
  codes = await makeCodes(alice);
  await registered(app.url, 'ismail');
});
afterAll(() => app.close());

// What one sees looks like the name in each of these.
const pasted: [what: string, typed: string][] = [
  ['a zero-width space behind it', 'alice\u200B'],
  ['a byte order mark in front', '\uFEFFalice'],
  ['a left-to-right mark on both sides', '\u200Ealice\u200E'],
  ['a right-to-left mark', 'alice\u200F'],
  ['direction isolates around it', '\u2068alice\u2069'],
  ['direction overrides around it', '\u202Dalice\u202C'],
  ['a soft hyphen inside', 'al\u00ADice'],
  ['a zero-width joiner inside', 'ali\u200Dce'],
  ['a word joiner and a tag', '\u2060alice\u{E0061}'],
  ['a Hangul filler', 'alice\u3164'],
  ['an object replacement character', '\uFFFCalice'],
  ['no-break and ideographic spaces around it', '\u00A0\u3000alice\u2003'],
  ['line breaks around it', '\r\nalice\n'],
  ['an @ in front', '@alice'],
  ['an @ and a mark in front', '\u200E@\u200Balice'],
  ['two @, then a space', '@@ Alice'],
  ['a full-width @', '＠alice'],
  ['full-width letters', 'ａｌｉｃｅ'],
];

test.each(pasted)('%s: the same name', (_, typed) => {
  expect(foldUsername(typed)).toBe('alice');
});

test('a dotted capital I from a Turkish keyboard is an i', () => {
  expect(foldUsername('İSMAİL')).toBe('ismail');
});

test.each(['al ice', 'alice!', 'alıce', 'аlice', 'alice@bob', 'alicé'])('%j is another name', (typed) => {
  expect(foldUsername(typed)).not.toBe('alice');
});

describe('such a name', () => {
  test.each(pasted)('logs in: %s', async (_, username) => {
    const answer = await stranger(app.url).submit('/login', { username, password: alice.password });
    expect(answer.status).toBe(303);
  });

  test('logs in with a recovery code', async () => {
    const answer = await stranger(app.url).submit('/login/recovery', {
      username: '\u200E@Alice\u200B',
      code: codes[0]!,
    });
    expect(answer.status).toBe(303);
    await alice.submit('/login', { username: 'alice', password: alice.password });
  });

  test.each(['\u2068bob\u2069', '@bob', 'ｂｏｂ'])(
    'is found in a search and a conversation: %j',
    async (typed) => {
      await alice.send('bob', 'To be found');
      const found = await alice.get(`/search?${new URLSearchParams({ q: `to:${typed}` }).toString()}`);
      expect(found.text).toContain('To be found');
      const conversation = await alice.get(`/with/${encodeURIComponent(typed)}`);
      expect(conversation.text).toContain('To be found');
    },
  );

  test('registers as it looks', async () => {
    const answer = await stranger(app.url).submit('/register', {
      username: '\u200E@Carol\u00AD-1\u200B',
      password: alice.password,
    });
    expect(answer.status).toBe(303);
    const { rowCount } = await app.pool.query(`select from users where username = 'carol-1'`);
    expect(rowCount).toBe(1);
  });

  test('stands in the form as typed if it is refused', async () => {
    const typed = '\u200E@al ice\u200B';
    for (const page of ['/login', '/register']) {
      const answer = await stranger(app.url).submit(page, { username: typed, password: 'not the password' });
      expect(answer.status).toBe(422);
      expect(answer.$('input[name=username]').attr('value')).toBe(typed);
    }
  });

  test.each(['', '  ', '@', '\u200B\u200E', '@ \u2060'])(
    'is missing if nothing in it is visible: %j',
    async (username) => {
      for (const page of ['/login', '/register']) {
        const answer = await stranger(app.url).submit(page, { username, password: alice.password });
        expect([answer.status, answer.$('#username-error').text()]).toEqual([
          422,
          expect.stringMatching(/./),
        ]);
      }
    },
  );
});

describe('several recipients', () => {
  test.each([
    ',',
    ', ',
    ';',
    '、',
    '，',
    '；',
    '،',
    '؛',
    '､',
    '﹐',
    '\n',
    '\r\n',
    '\n\n',
    '\t',
    '\u2028',
    '፣',
    ' ; \n', // prettier-ignore
    '\u200B,\u200E',
    ',@',
  ])('are separated by %j', async (separator) => {
    expect(splitUsernames(`ismail${separator}bob`)).toEqual(['ismail', 'bob']);
    const body = `Between them ${Array.from(separator, (c) => c.codePointAt(0)).join()}`;
    expect((await alice.send(`ismail${separator}bob`, body)).status).toBe(303);
    expect(await copiesOf(app.pool, body)).toHaveLength(4);
  });

  test('count once if repeated, in any spelling', () => {
    expect(splitUsernames('@bob, BOB、\u200Ebob\u200E\nbob;')).toEqual(['bob']);
  });

  test('stand in the form as typed if they are refused', async () => {
    const typed = '\u2068@Bob\u2069、nobody-here；ismail';
    const answer = await alice.send(typed, 'Not sent');
    expect(answer.status).toBe(422);
    expect(answer.$('#recipient-error').text()).toContain('nobody-here');
    expect(answer.$('input[name=recipient]').attr('value')).toBe(typed);
  });

  test('from a link, on separate lines, stay separate in the one-line field', async () => {
    const page = await alice.get(`/send?to=${encodeURIComponent('bob\r\nismail')}`);
    expect(page.$('input[name=recipient]').attr('value')).toBe('bob, ismail');
  });
});
