// What is asked at the same moment goes together: who with whom, and what happens to the others when one fails.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gather } from '../../src/database/gather.ts';
import { DatabaseBusy, isDatabaseAway } from '../../src/database/pool.ts';

/** Gathers words, answers each in capitals and keeps what went together. */
function gathering(options: Parameters<typeof gather<string, string>>[1] = {}) {
  const runs: string[] = [];
  const ask = gather(async (words: string[]) => {
    runs.push(words.join(' '));
    await sleep(20);
    if (words.includes('wrong')) throw new Error('One is wrong.');
    if (words.includes('away')) throw Object.assign(new Error('Starting up.'), { code: '57P03' });
    return words.map((word) => word.toUpperCase());
  }, options);
  const askAll = (...words: string[]) =>
    Promise.all(
      words.map((word) =>
        ask(word).then(
          (answer) => answer,
          (error: Error) => error.message,
        ),
      ),
    );
  return { runs, ask, askAll };
}

test('those of the same moment go together, those who come meanwhile with the next, and each gets its own answer', async () => {
  const { runs, ask, askAll } = gathering();
  const first = askAll('one', 'two');
  await expect.poll(() => runs.length).toBe(1);
  const second = askAll('three', 'one');
  expect(await first).toEqual(['ONE', 'TWO']);
  expect(await second).toEqual(['THREE', 'ONE']);
  expect(await ask('four')).toBe('FOUR');
  expect(runs).toEqual(['one two', 'three one', 'four']);
});

test('sixteen at most, in the order in which they came', async () => {
  const { runs, askAll } = gathering();
  const words = Array.from({ length: 40 }, (_, n) => `w${n}`);
  expect(await askAll(...words)).toEqual(words.map((word) => word.toUpperCase()));
  expect(runs).toEqual(
    [words.slice(0, 16), words.slice(16, 32), words.slice(32)].map((run) => run.join(' ')),
  );
});

test('of two with the same key the later waits, and holds nobody up', async () => {
  const { runs, askAll } = gathering({ keyOf: (word) => word[0]! });
  expect(await askAll('a1', 'a2', 'b1', 'a3', 'c1')).toEqual(['A1', 'A2', 'B1', 'A3', 'C1']);
  expect(runs).toEqual(['a1 b1 c1', 'a2', 'a3']);
});

test('what is heavy goes alone when its turn has come, and the light ones together', async () => {
  const { runs, askAll } = gathering({ weightOf: (word) => word.length });
  const heavy = 'x'.repeat(100);
  await askAll('seven..', 'eight...', heavy, 'one', 'two', 'x'.repeat(16));
  expect(runs).toEqual(['seven.. eight...', heavy, 'one two', 'x'.repeat(16)]);
});

test('what is wrong with one is said to that one alone', async () => {
  const { runs, askAll } = gathering();
  expect(await askAll('one', 'wrong', 'two')).toEqual(['ONE', 'One is wrong.', 'TWO']);
  expect(runs).toEqual(['one wrong two', 'one', 'wrong', 'two']);
});

test('when the database is away nobody is tried again', async () => {
  const { runs, askAll } = gathering();
  expect(await askAll('one', 'away')).toEqual(['Starting up.', 'Starting up.']);
  expect(runs).toEqual(['one away']);
  expect(await askAll('two')).toEqual(['TWO']);
});

test('whose turn comes too late is told that the database is busy, and the next is answered', async () => {
  const runs: string[] = [];
  const ask = gather(async (words: string[]) => {
    runs.push(words.join(' '));
    if (words.includes('slow')) await sleep(1400);
    return words;
  });
  const slow = ask('slow');
  await expect.poll(() => runs.length).toBe(1);
  const late = ask('late').catch((error: unknown) => error);
  expect(await slow).toBe('slow');
  expect(await late).toBeInstanceOf(DatabaseBusy);
  expect(isDatabaseAway(await late)).toBe(true);
  expect(await ask('next')).toBe('next');
  expect(runs).toEqual(['slow', 'next']);
});
