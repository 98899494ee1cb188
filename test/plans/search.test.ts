// Searches in a mailbox of 100,000 messages use an index that begins with the owner.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOwner } from '../../src/database/owner.ts';
import type { Pool } from '../../src/database/pool.ts';
import { highestId, lowestId } from '../../src/ids.ts';
import { searchAfter, searchBefore, type FoundRow } from '../../src/mailbox/search/queries.ts';
import { readSearch } from '../../src/mailbox/search/search-words.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { beginsWithOwner, openPlansPool, plansOf, type Step } from '../support/plans.ts';
import { fillCrowd, owner, personId, word } from '../support/crowd.ts';
import { idInSql } from '../support/id-in-sql.ts';

let app: TestApp;
let pool: Pool;
const durations: string[] = [];
beforeAll(async () => {
  app = await startApp();
  await fillCrowd(app.databaseUrl);
  pool = openPlansPool(app.databaseUrl);
});
afterAll(async () => {
  console.log(`Milliseconds in the database, for each search:\n${durations.join('\n')}`);
  await pool.end();
  await app.close();
});

async function search(q: string, direction: 'older' | 'newer' = 'older', ownerId = owner) {
  let found: FoundRow[] = [];
  const plans = await plansOf(pool, async (db) => {
    const asked = readSearch(q)!;
    found = await asOwner(ownerId, () =>
      direction === 'older'
        ? searchBefore(db, ownerId, asked, highestId, 26)
        : searchAfter(db, ownerId, asked, lowestId, 26),
    );
  });
  expect(plans).toHaveLength(1);
  const { ms, steps } = plans[0]!;
  durations.push(`${ms.toFixed(1).padStart(7)}  ${q}`);
  return { steps, found };
}

/** Whatever reads messages or marks begins with the owner. */
function expectOwnersIndexes(steps: Step[]): void {
  const reads = steps.filter(({ table, index }) => (table && table !== 'users') || index);
  for (const { kind, index, condition } of reads) {
    expect(kind).not.toBe('Seq Scan');
    if (index && !index.startsWith('users')) expect(condition, index).toMatch(beginsWithOwner);
  }
}

/** How many rows had to be sorted. */
const sortedIn = (steps: Step[]) =>
  steps.filter(({ kind }) => kind === 'Sort').reduce((sum, { rows }) => sum + rows, 0);

/** How many messages were read because the word index returned them. */
function namedIn(steps: Step[]): number {
  expect(steps.filter(({ index }) => index === 'messages_by_time')).toHaveLength(1);
  const looked = steps.find(({ kind, table }) => kind === 'Bitmap Heap Scan' && table === 'messages');
  return looked ? Math.ceil(looked.rows * looked.times) : 0; // rows are a rounded average
}

describe('single words use the index and few messages are read:', () => {
  test.each<[what: string, q: string, hits: number]>([
    ['the commonest', word(1), 26],
    ['one in quotes', `"${word(1)}"`, 26],
    ['one in 15', word(45), 26],
    ['one in 30', word(100), 26],
    ['one in 300 messages', word(1000), 26],
    ['a rare word', word(15_000), 1],
    ['one of last year', `${word(2)} before:2025-01-01`, 26],
    ['one that was common long ago', 'formerly', 26],
    ['one that nobody wrote', 'nowhere', 0],
    ['one that only others write', 'elsewhere', 0],
  ])('%s: %s', async (_, q, atLeast) => {
    for (const direction of ['older', 'newer'] as const) {
      const { steps, found } = await search(q, direction);
      expect(found.length).toBeGreaterThanOrEqual(atLeast);
      expectOwnersIndexes(steps);
      expect(namedIn(steps)).toBeLessThanOrEqual(500);
    }
  });
});

describe('words and phrases that use the index:', () => {
  test.each<[what: string, q: string, hits: number]>([
    ['two of the commonest', `${word(1)} ${word(2)}`, 26],
    ['one without another', `${word(1)} -${word(9000)}`, 26],
    ['two common words', `${word(45)} ${word(46)}`, 26],
    ['a common and a rarer one', `${word(10)} ${word(300)}`, 26],
    ['a rare and the commonest', `${word(15_000)} ${word(1)}`, 0],
    ['a phrase', `"${word(45)} ${word(46)}"`, 5],
    ['a phrase of common words', `"${word(10)} ${word(12)}"`, 26],
    ['a phrase of rare words', `"${word(15_000)} ${word(14_000)}"`, 0],
    ['one without the commonest', `${word(100)} -${word(1)}`, 26],
    ['one without a phrase', `${word(100)} -"${word(1)} ${word(2)}"`, 26],
    ['a word of one person', `${word(100)} from:bob`, 26],
    ['a word of somebody who never wrote', `${word(100)} from:person-30`, 0],
    ['a word in the trash', `${word(100)} in:trash`, 26],
    ['an unread word', `${word(100)} is:unread`, 1],
    ['one or the other', `${word(15_000)} or ${word(14_000)}`, 1],
  ])('%s: %s', async (_, q, atLeast) => {
    const { steps, found } = await search(q);
    expect(found.length).toBeGreaterThanOrEqual(atLeast);
    expectOwnersIndexes(steps);
    expect(namedIn(steps)).toBeGreaterThanOrEqual(found.length);
  });
});

describe('names use the index:', () => {
  test.each<[q: string, hits: number]>([
    ['from:bob', 26],
    ['to:bob', 26],
    ['from:person-30', 0],
    ['from:nobody-here', 0],
    ['in:trash to:bob', 26],
    ['is:unread from:bob', 26],
    [`from:bob -${word(1)}`, 26],
  ])('%s', async (q, atLeast) => {
    const { steps, found } = await search(q);
    expect(found.length).toBeGreaterThanOrEqual(atLeast);
    expectOwnersIndexes(steps);
    expect(namedIn(steps)).toBeLessThanOrEqual(26 * 60); // of bob's one in 20 is unread, or lies in the trash
  });
});

describe('without words or names, the mailbox is read in its order:', () => {
  test.each<[q: string, hits: number]>([
    [`-${word(1)}`, 26],
    [`-${word(15_000)}`, 26],
    [[1, 2, 3, 4, 5].map((rank) => `-${word(rank)}`).join(' '), 26],
    ['before:2024-11-05', 26],
    ['after:2030-01-01', 0],
    ['is:unread', 26],
    [`is:unread -${word(1)}`, 26],
    ['in:trash', 26],
    ['in:inbox', 26],
  ])('%s', async (q, atLeast) => {
    for (const direction of ['older', 'newer'] as const) {
      const { steps, found } = await search(q, direction);
      expect(found.length).toBeGreaterThanOrEqual(atLeast);
      expectOwnersIndexes(steps);
      expect(sortedIn(steps)).toBe(0);
    }
  });
});

test('unread messages are found by their mark, without reading the others', async () => {
  const { steps, found } = await search('is:unread before:2024-12-01');
  expect(found).toHaveLength(26);
  const reads = steps.filter(({ table }) => table === 'messages');
  for (const { rows, times } of reads) expect(rows * times).toBeLessThanOrEqual(2 * 26);
});

test('an archive of fifty years is searched in fifty windows of days, skipping empty ones', async () => {
  const archivist = personId(1);
  await app.pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     select $1, ${idInSql('n * 3::bigint * 86400000', 'n')},
            'inbox', $1, 'Kept', now() from generate_series(1, 6000) n`,
    [archivist],
  );
  await app.pool.query(
    'insert into unread (owner_id, id, other_id) select owner_id, id, other_id from messages where owner_id = $1 order by id limit 1',
    [archivist],
  );
  const looksFor = async (q: string) => {
    const { steps } = await search(q, 'older', archivist);
    return steps.find(({ index }) => index === 'messages_by_time')!.times;
  };
  expect(await looksFor('nowhere')).toBeLessThanOrEqual(400);
  expect(await looksFor('elsewhere nowhere')).toBeLessThanOrEqual(400);
  expect(await looksFor('kept is:unread')).toBe(1);
});
