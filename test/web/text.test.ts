// Blank text is refused, and excerpts end between grapheme clusters.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isBlank, maxExcerpt, shorten } from '../../src/web/text.ts';
import type { TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import type { Person } from '../support/person.ts';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const clusters: [string, string][] = [
  ['flags', '🇺🇦'],
  ['families', '👩‍👩‍👧‍👦'],
  ['skin tones', '👍🏽'],
  ['keycaps', '3️⃣'],
  ['Devanagari', 'क्षि'],
  ['Tamil', 'நி'],
  ['Thai', 'ที่'],
  ['Korean in parts', '각'],
  ['combining marks', 'e\u0301\u0323'],
  ['letters', 'x'],
];
const invisible = [
  ' ', '\t', '\n', '\r\n', '\u00A0', '\u00AD', '\u034F', '\u061C', '\u115F\u1160', '\u17B4', '\u180E', '\u2003',
  '\u200B', '\u200C', '\u200D', '\u200E\u200F', '\u2028', '\u202A\u202C', '\u2060', '\u2066\u2069', '\u206F',
  '\u2800', '\u3000', '\u3164', '\uFE0F', '\uFEFF', '\uFFA0', '\uFFF9\uFFFB', '\u{1D173}', '\u{E0041}', '\u{E0100}',
  '\u0001', '\u007F', '\u0085', '\u{13441}',
]; // prettier-ignore

describe('shorten', () => {
  test.each(clusters)('never cuts through %s', (_, cluster) => {
    for (let before = 0; before < 8; before += 1)
      for (let max = 8; max < 24; max += 1) {
        const text = 'a'.repeat(before) + cluster.repeat(40);
        const short = shorten(text, max);
        const kept = short.slice(0, -1);
        expect(short.at(-1)).toBe('…');
        expect(Array.from(kept).length).toBeLessThanOrEqual(max);
        const ends = [...segmenter.segment(text)].map(({ index, segment }) =>
          (text.slice(0, index) + segment).trimEnd(),
        );
        expect(['', ...ends]).toContain(kept);
      }
  });

  test('adds nothing if nothing is missing', () => {
    for (const text of ['', 'x', '🦉'.repeat(10), '🇺🇦'.repeat(5)]) expect(shorten(text, 10)).toBe(text);
    expect(shorten('🦉'.repeat(11), 10)).toBe(`${'🦉'.repeat(10)}…`);
  });

  test('skips leading blanks, and no more', () => {
    for (const blank of invisible)
      expect(shorten(`${blank}${blank}Hello, ${blank}you`, 50)).toBe(`Hello, ${blank}you`);
  });

  test('also ends within a cluster longer than the limit', () => {
    const short = shorten(`a${'\u0301'.repeat(5000)}`, 10);
    expect(short).toBe(`a${'\u0301'.repeat(9)}…`);
  });
});

describe('on the pages', () => {
  let app: TestApp;
  let alice: Person;
  beforeAll(async () => {
    ({ app, alice } = await cast());
  });
  beforeEach(() => app.pool.query('delete from messages; delete from drafts'));
  afterAll(() => app.close());
  const excerptOn = async (path: string) => (await alice.get(path)).$('.messages .excerpt').first().text();

  test.each(
    invisible.map((text) => [Array.from(text, (c) => `U+${c.codePointAt(0)!.toString(16)}`).join(' '), text]),
  )('a message of nothing but %s is refused', async (_, text) => {
    expect(isBlank(text)).toBe(true);
    const answer = await alice.submit('/send', { recipient: 'alice', body: text.repeat(3) });
    expect(answer.status).toBe(422);
    expect(answer.$('#body-error').text()).toBe('Please write a message.');
  });

  test.each(['.', '0', '\u2801', '😀', '​x​', '\u0301', '\u0600', '\u{E000}', 'ㅤ가', '〿'])(
    '%j is a message, and is kept as it is',
    async (text) => {
      const body = `\u200B\u2800 ${text}\u3164\n`;
      expect((await alice.send('alice', body)).status).toBe(303);
      expect((await app.pool.query('select distinct body from messages')).rows).toEqual([{ body }]);
    },
  );

  test.each(clusters.slice(0, -1))('lists, trash, search and drafts end between %s', async (_, cluster) => {
    const body = `${'\u2800 \n\u200B'.repeat(300)}Begins ${cluster.repeat(400)}`;
    await alice.send('alice', body);
    const wanted = shorten(body, maxExcerpt);
    expect(wanted).toMatch(/^Begins .*…$/s);
    for (const path of ['/inbox', '/sent', '/search?q=from:alice'])
      expect(await excerptOn(path), path).toBe(wanted);
    await app.pool.query('update messages set trashed_at = now()');
    expect(await excerptOn('/trash')).toBe(wanted);
    await alice.submit('/send', { recipient: `alice, ${cluster.repeat(100)}`, body }, '/send');
    const form = { ...(await alice.hidden('/send')), recipient: cluster.repeat(150), body };
    await alice.post('/drafts', form);
    expect(await excerptOn('/drafts')).toBe(shorten(body, 200));
    expect((await alice.get('/drafts')).$('.messages h2 a').text()).toBe(
      `To ${shorten(cluster.repeat(150), 200)}`,
    );
  });

  test('a short message is shown in full in a list, without leading blanks', async () => {
    await alice.send('alice', '\n\n \u3000\u200DHello 👩‍👩‍👧‍👦');
    expect(await excerptOn('/inbox')).toBe('Hello 👩‍👩‍👧‍👦');
  });
});
