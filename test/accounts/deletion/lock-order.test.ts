// Account deletion takes locks in the same order as sending, so that they cannot deadlock.
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { saveDraft } from '../../../src/mailbox/drafts/queries.ts';
import { newId } from '../../../src/ids.ts';
import { closeAccount, purgeAccount } from '../../../src/accounts/deletion/queries.ts';
import { cast } from '../../support/cast.ts';
import { patient, untilWaiting } from '../../support/locks.ts';

const { app } = await cast({}, { address: patient });
afterAll(() => app.close());

/** Deletes the account while a sending that has locked this goes on to lock its sender, as its copies do. */
async function whileSending(userId: string, locked: 'drafts' | 'mailbox_usage', leave: () => Promise<void>) {
  const sending = new pg.Client({ connectionString: app.databaseUrl });
  await sending.connect();
  try {
    await sending.query('begin');
    const { rowCount } = await sending.query(`select from ${locked} where owner_id = $1 for update`, [
      userId,
    ]);
    expect(rowCount).toBe(1);
    const leaving = leave();
    await untilWaiting(app.pool);
    await sending.query('select from users where id = $1 for key share', [userId]);
    await sending.query('commit');
    await leaving;
  } finally {
    await sending.end();
  }
}

test('a message that has removed its draft is sent before its sender is deleted', async () => {
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  const { id } = rows[0]!;
  await saveDraft(app.pool, id, { id: newId(), recipient: 'bob', body: 'Draft' });
  await whileSending(id, 'drafts', () => closeAccount(app.pool, id));
  expect((await app.pool.query(`select from users where username = 'alice'`)).rowCount).toBe(0);
  await whileSending(id, 'mailbox_usage', () => purgeAccount(app.pool, id));
  expect((await app.pool.query('select from users where id = $1', [id])).rowCount).toBe(0);
});
