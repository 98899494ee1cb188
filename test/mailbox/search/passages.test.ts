// Passages of search results: matches are marked, and everything is escaped.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { find, marks, searchAddress } from './found.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

test('HTML in a message is shown as written, with only the matches marked', async () => {
  const text = '<script src="//x"></script> cake <mark>pie</mark> & <b onclick=x>cake</b> <!-- cake';
  await bob.send('alice', text);
  const { $ } = await alice.get(searchAddress('cake pie'));
  expect($('.messages .excerpt').text()).toBe(text);
  expect($('.messages mark').toArray().map((mark) => $(mark).text())).toEqual(['cake', 'pie', 'cake', 'cake']); // prettier-ignore
  expect($('.messages .excerpt').find('*').toArray().every((tag) => tag.tagName === 'mark')).toBe(true); // prettier-ignore
  expect($('main script').length).toBe(0);
});

test('a match that looks like HTML is escaped as well', async () => {
  const text = 'See https://example.org/a/&copy;/b there';
  await bob.send('alice', text);
  expect(await find(alice, 'https://example.org/a/&copy;/b')).toEqual([text]);
  expect((await marks(alice, 'https://example.org/a/&copy;/b')).join(' ')).toContain('&copy;');
});

test('the query is escaped in the field and in the title', async () => {
  const q = '"><script>alert(1)</script>\' & <b>';
  const { $, text } = await alice.get(searchAddress(q));
  expect($('#q').attr('value')).toBe(q);
  expect($('title').text()).toContain(q);
  expect(text).not.toContain('<script>alert');
});

test('private-use characters are shown as written', async () => {
  const texts = [
    '\uE000cake\uE001',
    'a \uE001 cake \uE000 b',
    '\uE000\uE000<b>\uE001 cake',
    'cake\uE000',
    'ca\uE000ke',
  ];
  for (const text of texts) await bob.send('alice', text);
  const { $ } = await alice.get(searchAddress('cake'));
  const shown = $('.messages .excerpt').toArray();
  expect(shown.map((excerpt) => $(excerpt).find('mark').text())).toEqual(['cake', 'cake', 'cake', 'cake']);
  expect(shown.map((excerpt) => $(excerpt).text())).toEqual(texts.slice(0, 4).toReversed());
  expect(await marks(alice, '\uE000cake\uE001')).toHaveLength(4);
});

test('a short message is shown in full, a long one around its matches', async () => {
  await bob.send('alice', 'In it, so on: the cake is at my aunt’s');
  const filler = (word: string) => Array.from({ length: 400 }, (_, i) => `${word}${i}`).join(' ');
  await bob.send(
    'alice',
    `${filler('ab')} the cake stands here ${filler('cd')} and the pie there ${filler('ef')}`,
  );
  const [long, short] = (await find(alice, 'cake')) as [string, string];
  expect(short).toBe('In it, so on: the cake is at my aunt’s');
  expect(long).toContain('the cake stands here');
  expect(long.length).toBeLessThan(600);
  const [both] = (await find(alice, 'cake pie')) as [string];
  expect(both).toContain('cake stands');
  expect(both).toContain('pie there');
  expect(both).toContain(' … ');
});

test('without a word in the query, the beginning is shown and nothing is marked', async () => {
  await bob.send('alice', `Beginning ${'x '.repeat(1000)}`);
  for (const q of ['from:bob', '-cake', 'is:unread in:inbox']) {
    const [text] = (await find(alice, q)) as [string];
    expect(text).toMatch(/^Beginning x/);
    expect(text.length).toBeLessThanOrEqual(280);
    expect(await marks(alice, q)).toEqual([]);
  }
});

test('excluded words and words of conditions are not marked', async () => {
  await bob.send('alice', 'bob brings a cake without rain');
  expect(await marks(alice, 'cake from:bob -sun')).toEqual(['cake']);
});

test('25 messages of 10,000 characters of matches are shown well within the two seconds of a search', async () => {
  const text = 'cake pie '.repeat(1111);
  for (let count = 0; count < 26; count += 1) await bob.send('alice', text);
  for (const q of [
    'cake pie',
    '"cake pie"',
    '"pie cake pie cake"',
    'cake '.repeat(60),
    '"cake pie" '.repeat(27),
  ]) {
    expect(await find(alice, q), q).toHaveLength(25);
  }
});
