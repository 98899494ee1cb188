// Invalid conditions are searched as words, and no input ends in a 500.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { find, searchAddress } from './found.ts';

const { app, alice, bob } = await cast();
beforeAll(async () => {
  for (const text of ['Cake at six', 'soon: cake', 'from before to after', 'a:b c:d'])
    await bob.send('alice', text);
});
afterAll(() => app.close());

test.each<[q: string, texts: string[]]>([
  ['"cake at', ['Cake at six']],
  ['cake" at', ['Cake at six']],
  ['"cake at" six"', ['Cake at six']],
  ['cake -', ['soon: cake', 'Cake at six']],
  ['- cake', ['soon: cake', 'Cake at six']],
  ['-- cake', ['soon: cake', 'Cake at six']],
  ['-"', []],
  ['cake -"', ['soon: cake', 'Cake at six']],
  ['from: before', ['from before to after']],
  ['from: to:', ['from before to after']],
  ['before:soon', []],
  ['soon before:', []],
  ['cake & at', ['Cake at six']],
  ['cake | & at)', ['Cake at six']],
  ['(cake !at', ['Cake at six']],
  ['cake <-> at', ['Cake at six']],
  ['cake:* at', ['Cake at six']],
  ["cake' at\\", ['Cake at six']],
  ['cake ** at', ['Cake at six']],
  ['is:red', []],
  ['in:cellar', []],
  ['a:b', ['a:b c:d']],
  ['constructor:cake', []],
  ['__proto__:cake', []],
  [':cake:', ['soon: cake', 'Cake at six']],
  ['AND cake', []],
  ['six OR soon', ['soon: cake', 'Cake at six']],
  ['or cake', []],
  ['cake or', []],
  ['%', []],
  ['cake%', ['soon: cake', 'Cake at six']],
  ["'; drop table messages; --", []],
])('%s', async (q, texts) => {
  expect(await find(alice, q)).toEqual(texts);
});

test.each([
  '2026-13-01',
  '2026-02-30',
  '26-01-01',
  '2026-1-1',
  '0000-00-00',
  '1969-12-31',
  '9999-99-99',
  '-1',
])('before:%s is not a day, so it is searched as words', async (day) => {
  expect(await find(alice, `cake before:${day}`)).toEqual([]);
});

test.each(['1970-01-01', '2026-02-28', '9999-12-31'])('%s is a day', async (day) => {
  const both = [...(await find(alice, `cake before:${day}`)), ...(await find(alice, `cake after:${day}`))];
  expect(both).toEqual(['soon: cake', 'Cake at six']);
});

describe('only punctuation', () => {
  test.each(['&|!():*<->', '"', '""', '-', '--', '" "', '-""', '()', '\\', '🎉', '…', '\u200b'])(
    '%s finds nothing and says so',
    async (q) => {
      const page = await alice.get(searchAddress(q));
      expect(page.status).toBe(200);
      expect(page.text).toContain('Nothing found.');
      expect(page.$('#q').attr('value')).toBe(q);
    },
  );

  test.each(['', ' ', '\t', '   \n '])('%j explains what can be searched for', async (q) => {
    const page = await alice.get(searchAddress(q));
    expect(page.status).toBe(200);
    expect(page.$('.syntax').text()).toContain('from:bob');
  });
  test('so does an empty search', async () => {
    expect((await alice.get('/search')).$('.syntax').text()).toContain('is:unread');
  });
});

test('300 characters of anything are answered within a second', async () => {
  const signs = [
    '&',
    '|',
    '!',
    '(',
    ')',
    ':',
    '*',
    '<->',
    '<2>',
    '"',
    '-',
    "'",
    '\\',
    'a',
    'or ',
    ' ',
    ':a',
    'from:',
    '🎉',
    'é',
  ];
  for (let seed = 1; seed <= 60; seed += 1) {
    let q = '';
    for (let i = seed; q.length < 280; i = (i * 48_271) % 2_147_483_647) q += signs[i % signs.length];
    expect((await alice.get(searchAddress(q))).status, q).toBe(200);
  }
  for (const sign of signs) {
    const q = sign.repeat(300 / sign.length);
    expect((await alice.get(searchAddress(q))).status, q).toBe(200);
  }
});

test.each([
  ['301 characters', `q=${'a'.repeat(301)}`],
  ['10,000 characters', `q=${'a'.repeat(10_000)}`],
  ['an array', 'q=a&q=b'],
  ['an object', 'q[a]=b'],
  ['NUL', 'q=a%00b'],
  ['bytes that are no UTF-8', 'q=%ff'],
  ['half a character', 'q=%ed%a0%80'],
  ['a broken place', 'q=cake&before=1'],
  ['two places', 'q=cake&before=a&before=b'],
  ['a place in pieces', 'q=cake&before[x]=1'],
])('%s is refused with a 4xx', async (_, query) => {
  const { status, $ } = await alice.get(`/search?${query}`);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect($('h1').text()).not.toBe('');
});

test('only GET searches', async () => {
  expect((await alice.ask('head', '/search?q=cake')).status).toBe(200);
  const answer = await alice.post('/search', { ...(await alice.hidden('/send')), q: 'cake' });
  expect(answer.status).toBe(405);
  expect(answer.headers.allow).toBe('GET');
});
