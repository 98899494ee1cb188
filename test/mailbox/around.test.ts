// Older and Newer: the neighbours of a message within the list it was opened from.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import type { Answer } from '../support/person.ts';

const { app, alice, bob } = await cast();
beforeAll(async () => {
  for (const text of ['cake one', 'rain', 'cake two', 'snow', 'cake three']) await bob.send('alice', text);
});
afterAll(() => app.close());

/** Opens the first row of a list and goes on by its links; what each message says, and where its way back leads. */
async function walk(list: string): Promise<{ texts: string[]; back: string | undefined }> {
  const texts: string[] = [];
  let answer: Answer = await alice.get((await alice.get(list)).$('.messages h2 a').attr('href')!);
  for (;;) {
    texts.push(answer.$('.text').text());
    const older = answer.$('.pages a[rel=next]').attr('href');
    if (!older) break;
    const next = await alice.get(older);
    const { $ } = await alice.get(next.$('.pages a[rel=prev]').attr('href')!);
    expect($('.text').text(), 'Newer leads back').toBe(texts.at(-1));
    answer = next;
  }
  return { texts, back: answer.$('.back a').attr('href') };
}

test('in the inbox, Newer and Older lead through all messages', async () => {
  const texts = ['cake three', 'snow', 'cake two', 'rain', 'cake one'];
  expect(await walk('/inbox')).toEqual({ texts, back: '/inbox' });
});

test('from a search, they lead through its results, including the trash', async () => {
  const { $ } = await alice.get('/search?q=two');
  await alice.submit('/search?q=two', {}, $('[formaction$="/delete"]').attr('formaction'));
  const found = await walk('/search?q=cake');
  expect(found).toEqual({ texts: ['cake three', 'cake two', 'cake one'], back: '/search?q=cake' });
});

test('in the trash, they lead through the trash', async () => {
  const { $ } = await alice.get('/search?q=snow');
  await alice.submit('/search?q=snow', {}, $('[formaction$="/delete"]').attr('formaction'));
  expect(await walk('/trash')).toEqual({ texts: ['snow', 'cake two'], back: '/trash' });
});

test('after an invalid search they stay in the box', async () => {
  const first = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
  for (const q of ['?q=', '?q=%20', `?q=${'x'.repeat(301)}`]) {
    expect((await alice.get(first + q)).$('.back a').attr('href')).toBe('/inbox');
  }
});
