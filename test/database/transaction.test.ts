// Statements sent together in a transaction.
import { afterAll, expect, test } from 'vitest';
import { createPool, type Database } from '../../src/database/pool.ts';
import { settleInOrder, transaction } from '../../src/database/transaction.ts';
import { createDatabase } from '../support/database.ts';

const pool = createPool(await createDatabase(), () => {});
afterAll(() => pool.end());

/** As through many async functions. */
async function rejectedLate(statement: Promise<unknown>): Promise<void> {
  await statement.catch(async (error: unknown) => {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    throw error;
  });
}

const send = (db: Database): Promise<unknown>[] => [
  rejectedLate(db.query('select 1 / 0')),
  db.query('select 1'),
];

test('the failure of the first is thrown, however late it is rejected', async () => {
  const divided = expect.objectContaining({ code: '22012' });
  await expect(transaction(pool, (db) => settleInOrder(send(db)))).rejects.toEqual(divided);
});

test('nothing is thrown where all succeed', async () => {
  await expect(transaction(pool, (db) => settleInOrder([db.query('select 1')]))).resolves.toBeUndefined();
});
