// Search: words, phrases and conditions over inbox, sent and trash.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { deletionOf } from '../../support/inbox.ts';
import { stranger, type Person } from '../../support/person.ts';
import { find, addMessage, searchAddress } from './found.ts';

const { app, alice, bob, charlie } = await cast();
beforeAll(async () => {
  const messages: [from: Person, to: string, text: string, day: string][] = [
    [bob, 'alice', 'The cake stands on the long table', '2026-10-01'],
    [charlie, 'alice', 'A table for the cake, long enough', '2026-10-31'],
    [alice, 'bob', 'Rain on Saturday: no cake outside', '2026-11-01'],
    [alice, 'charlie', 'Bring the umbrella, from:bob it says', '2026-11-02'],
    [bob, 'alice', 'Old cakes in the bin', '2026-11-03'],
    [bob, 'charlie', 'A surprise cake for alice', '2026-11-04'],
    [alice, 'alice', 'Note to myself: buy flour', '2026-11-05'],
  ];
  for (const [from, to, text, day] of messages)
    await addMessage(app.pool, from, to, text, `${day}T12:00:00Z`);
  const bin = 'Old cakes in the bin';
  await alice.submit('/inbox', {}, deletionOf(await alice.get('/inbox'), bin));
  const { $ } = await alice.get('/inbox');
  const opened = $('.messages h2 a')
    .filter((_, link) => $(link).find('bdi').text() === 'charlie')
    .attr('href')!;
  expect((await alice.get(opened)).status).toBe(200);
});
afterAll(() => app.close());

const onTable = 'The cake stands on the long table';
const forTable = 'A table for the cake, long enough';
const rain = 'Rain on Saturday: no cake outside';
const umbrella = 'Bring the umbrella, from:bob it says';
const bin = 'Old cakes in the bin';
const note = 'Note to myself: buy flour';

describe('alice finds, newest first,', () => {
  test.each<[what: string, q: string, texts: string[]]>([
    ['a word and what begins with it, in whatever box', 'cake', [bin, rain, forTable, onTable]],
    ['a whole word in quotation marks', '"cake"', [rain, forTable, onTable]],
    ['the beginning of a word', 'umb', [umbrella]],
    ['several words in any order', 'table long', [forTable, onTable]],
    ['a phrase only as it stands', '"long table"', [onTable]],
    ['a phrase over punctuation', '"saturday no cake"', [rain]],
    ['a word without another', 'cake -rain', [bin, forTable, onTable]],
    ['a word without another that is the beginning of one there', 'cakes -cake', [bin]],
    ['a word without a phrase', 'cake -"long table"', [bin, rain, forTable]],
    ['a word without a phrase, in brackets', 'cake (-"long table")', [bin, rain, forTable]],
    ['one word or another or a third', 'umbrella or bin or rain', [bin, umbrella, rain]],
    ['everything without a word', '-cake', [note, note, bin, umbrella]],
    ['words no shorter than asked for', 'cakes', [bin]],
    ['capitals or not', 'CAKE rAiN', [rain]],
    ['what bob wrote', 'from:bob', [bin, onTable]],
    ['what bob wrote about a table', 'table from:bob', [onTable]],
    ['conditions and names in capitals', 'TABLE FROM:Bob', [onTable]],
    ['what she wrote to charlie', 'to:charlie', [umbrella]],
    ['her own note, once for each copy', 'flour', [note, note]],
    ['her own note as its writer', 'from:alice', [note]],
    ['nothing from somebody who is not here', 'from:nobody-here', []],
    ['nothing that is from one and to another', 'from:bob to:charlie', []],
    ['what came before a day', 'before:2026-10-31', [onTable]],
    ['what came before the day after', 'before:2026-11-01', [forTable, onTable]],
    ['what came after a day', 'after:2026-11-02', [note, note, bin]],
    ['a single day', 'after:2026-10-31 before:2026-11-02', [rain]],
    ['nothing between days that cross', 'after:2026-11-02 before:2026-10-01', []],
    ['a phrase of some days', '"long table" before:2026-11-01 after:2026-09-01', [onTable]],
    ['what is unread, in the trash as well', 'is:unread', [note, bin, onTable]],
    ['an unread word', 'is:unread cake', [bin, onTable]],
    ['a phrase in curly quotation marks', '“long table”', [onTable]],
    ['a word without a phrase in German ones', 'table -„long table“', [forTable]],
    ['what is in the trash', 'in:trash', [bin]],
    ['a word that is not in the trash', 'in:trash flour', []],
    ['what is in the inbox and not in the trash', 'in:inbox', [note, forTable, onTable]],
    ['what she sent', 'in:sent', [note, umbrella, rain]],
    ['words with everything together', 'cake -rain in:inbox from:bob is:unread after:2026-09-30', [onTable]],
    ['a condition in quotes as a word', '"from:bob"', [umbrella]],
    ['a phrase with a condition inside', '"from:bob it says"', [umbrella]],
  ])('%s: %s', async (_, q, texts) => {
    expect(await find(alice, q)).toEqual(texts);
  });
});

test('results show their box and link to the message', async () => {
  const { $ } = await alice.get(searchAddress('cakes'));
  expect($('.messages .place').text()).toBe('Trash');
  const address = $('.messages h2 a').attr('href')!;
  expect(address).toMatch(/^\/trash\//);
  expect((await alice.get(address)).$('.text').text()).toBe(bin);

  const inbox = await alice.get(searchAddress('table from:bob'));
  expect(inbox.$('.messages .place').text()).toBe('Inbox');
  expect((await alice.get(searchAddress('to:charlie'))).$('.messages .place').text()).toBe('Sent');
});

test('results can be deleted, which returns to the search', async () => {
  await bob.send('alice', 'Superfluous');
  const address = searchAddress('superfluous');
  const page = await alice.get(address);
  const gone = await alice.submit(
    address,
    {},
    page.$('.messages [formaction$="/delete"]').attr('formaction'),
  );
  expect(gone.headers.location).toBe(address);
  expect((await alice.get(address)).$('.place').text()).toBe('Trash');
});

test('other users’ messages are never found, even notes to themselves', async () => {
  expect(await find(charlie, 'surprise')).toEqual(['A surprise cake for alice']);
  expect(await find(alice, 'surprise')).toEqual([]);
  expect(await find(charlie, 'cake')).toEqual(['A surprise cake for alice', forTable]);
  expect(await find(charlie, 'from:bob')).toEqual(['A surprise cake for alice']);
  expect(await find(charlie, '-zzz in:trash')).toEqual([]);
});

test('a cursor from another user’s list shows nothing of theirs', async () => {
  const { rows } = await app.pool.query<{ id: string }>('select id from messages');
  for (const { id } of rows) {
    for (const edge of ['before', 'after']) {
      const page = await charlie.get(`/search?q=-umbrella&${edge}=${id}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('buy flour');
      expect(page.text).not.toContain('Rain on');
    }
  }
});

test('signed-out users log in first and return to their search', async () => {
  const answer = await stranger(app.url).get('/search?q=cake');
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe(`/login?next=${encodeURIComponent('/search?q=cake')}`);
});

test('permanently deleted messages are not found', async () => {
  await bob.send('alice', 'Ephemeral');
  await alice.submit('/inbox', {}, deletionOf(await alice.get('/inbox'), 'Ephemeral'));
  expect(await find(alice, 'ephemeral')).toEqual(['Ephemeral']);
  await alice.submit('/trash/empty');
  expect(await find(alice, 'ephemeral')).toEqual([]);
  expect(await find(bob, 'ephemeral')).toEqual(['Ephemeral']);
});

test('users are found by name and not by id', async () => {
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'bob'`);
  expect(await find(alice, `from:${rows[0]!.id}`)).toEqual([]);
});
