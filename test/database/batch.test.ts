// What is asked at the same moment goes together: who with whom, and what happens to the others when one fails.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch } from '../../src/database/batch.ts';
import { createPool, DatabaseBusy, isDatabaseAway, type Pool } from '../../src/database/pool.ts';
import { createDatabase } from '../support/database.ts';

let pool: Pool;
beforeAll(async () => {
  pool = createPool(await createDatabase(), () => {});
});
afterAll(() => pool.end());

/** Gathers words, has the database write each in capitals, in its time, and keeps what went together. */
function gathering(options: Parameters<typeof batch<string, string>>[2] = {}) {
  const runs: string[] = [];
  const ask = batch(
    pool,
    async (db, words: string[]) => {
      runs.push(words.join(' '));
      const seconds = words.includes('slow') ? 1.3 : 0.02;
      if (words.includes('lost')) await db.query('select pg_terminate_backend(pg_backend_pid())');
      const { rows } = await db.query<{ word: string }>(
        `select upper(word) as word, 1 / (case word when 'wrong' then 0 else 1 end), pg_sleep($2::float8 / cardinality($1::text[]))
         from unnest($1::text[]) word`,
        [words, seconds],
      );
      return rows.map(({ word }) => word);
    },
    options,
  );
  const tell = (word: string) =>
    ask(word).then(
      (answer) => answer,
      (error: Error) => error.message,
    );
  return { runs, ask, tell, askAll: (...words: string[]) => Promise.all(words.map(tell)) };
}

/** Until no connection is lent any more: it is given back when the answers have been told. */
const untilWhole = () =>
  expect.poll(() => [pool.waitingCount, pool.totalCount - pool.idleCount]).toEqual([0, 0]);

test('concurrent calls share a batch, later ones wait for the next, and each gets its own result', async () => {
  const { runs, ask, askAll } = gathering();
  const first = askAll('one', 'two');
  await expect.poll(() => runs.length).toBe(1);
  const second = askAll('three', 'one');
  expect(await first).toEqual(['ONE', 'TWO']);
  expect(await second).toEqual(['THREE', 'ONE']);
  expect(await ask('four')).toBe('FOUR');
  expect(runs).toEqual(['one two', 'three one', 'four']);
});

test('sixteen at most, in the order of their calls', async () => {
  const { runs, askAll } = gathering();
  const words = Array.from({ length: 40 }, (_, n) => `w${n}`);
  expect(await askAll(...words)).toEqual(words.map((word) => word.toUpperCase()));
  expect(runs).toEqual(
    [words.slice(0, 16), words.slice(16, 32), words.slice(32)].map((run) => run.join(' ')),
  );
});

test('of two with the same key, the second waits, delays nobody, and does not overtake', async () => {
  const { runs, askAll } = gathering({ keyOf: (word) => word[0]! });
  expect(await askAll('a1', 'a2', 'b1', 'a3', 'c1')).toEqual(['A1', 'A2', 'B1', 'A3', 'C1']);
  expect(runs).toEqual(['a1 b1 c1', 'a2', 'a3']);

  const weighing = gathering({ keyOf: (word) => word[0]!, weightOf: (word) => word.length });
  await weighing.askAll('b1', 'a1-is-heavier-than-most', 'a2', 'c1');
  expect(weighing.runs).toEqual(['b1 c1', 'a1-is-heavier-than-most', 'a2']);
});

test('heavy calls run alone in their turn, light ones together', async () => {
  const { runs, askAll } = gathering({ weightOf: (word) => word.length });
  const heavy = 'x'.repeat(100);
  await askAll('seven..', 'eight...', heavy, 'one', 'two', 'x'.repeat(16));
  expect(runs).toEqual(['seven.. eight...', heavy, 'one two', 'x'.repeat(16)]);
});

test('an error reaches only the calls of its batch', async () => {
  const { runs, askAll, tell } = gathering();
  const first = askAll('one', 'wrong');
  await expect.poll(() => runs.length).toBe(1);
  const second = tell('two');
  expect(await first).toEqual(['division by zero', 'division by zero']);
  expect(await second).toBe('TWO');
  expect(runs).toEqual(['one wrong', 'two']);
  await untilWhole();
});

test('a lost connection is replaced', async () => {
  const { runs, askAll, tell } = gathering();
  const first = askAll('one', 'lost');
  await expect.poll(() => runs.length).toBe(1);
  const second = tell('two');
  for (const said of await first) expect(said).toMatch(/terminat/i);
  expect(await second).toBe('TWO');
  await untilWhole();
});

test('if no connection is available, all waiting calls are rejected', async () => {
  const nowhere = createPool('postgres://owner@127.0.0.1:1/nowhere', () => {});
  const ask = batch(nowhere, async (_db, words: string[]) => words);
  const said = await Promise.all(
    [ask('one'), ask('two')].map((answer) => answer.catch((error: unknown) => error)),
  );
  expect(said.map(isDatabaseAway)).toEqual([true, true]);
  await nowhere.end();
});

test('a call that waited too long is rejected as busy, and the next is answered', async () => {
  const { runs, ask } = gathering();
  const slow = ask('slow');
  await expect.poll(() => runs.length).toBe(1);
  const late = ask('late').catch((error: unknown) => error);
  expect(await slow).toBe('SLOW');
  expect(await late).toBeInstanceOf(DatabaseBusy);
  expect(isDatabaseAway(await late)).toBe(true);
  expect(await ask('next')).toBe('NEXT');
  expect(runs).toEqual(['slow', 'next']);
});

test('when all connections are taken, all calls wait for the same one', async () => {
  const { runs, askAll } = gathering();
  const taken = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  const first = askAll('one', 'two');
  await expect.poll(() => pool.waitingCount).toBe(1);
  const second = askAll('three');
  await new Promise((resolve) => setImmediate(resolve));
  expect(pool.waitingCount).toBe(1);
  for (const client of taken) client.release();
  expect([...(await first), ...(await second)]).toEqual(['ONE', 'TWO', 'THREE']);
  expect(runs).toEqual(['one two three']);
});

test('a call made while the connection is released is not forgotten', async () => {
  await untilWhole();
  const { tell } = gathering();
  const late = new Promise<string>((resolve) => pool.once('release', () => resolve(tell('late'))));
  expect(await tell('one')).toBe('ONE');
  expect(await late).toBe('LATE');
});
