// Messages that arrive while a conversation is read: shown ones are read, others stay unread.
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { copiesOf } from '../../support/mailboxes.ts';

const { app, alice, bob } = await cast({}, { address: patient });
afterAll(() => app.close());

test('a message shown in a conversation cannot be taken back', async () => {
  await alice.send('bob', 'First');
  const form = { ...(await alice.hidden('/send')), recipient: 'bob', body: 'In between' };
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  await holder.query('begin; select from unread for update'); // bob's page waits here, having listed what there is
  const reading = bob.get('/with/alice');
  await untilWaiting(app.pool);
  expect((await alice.post('/send', form)).status).toBe(303);
  await holder.query('commit');
  await holder.end();

  const page = await reading;
  expect(page.status).toBe(200);
  expect(page.$('.text').text()).toContain('First');
  expect(await copiesOf(app.pool, 'First')).toEqual(['alice sent', 'bob inbox']);
  const isShown = page.$('.text').text().includes('In between');
  expect(await copiesOf(app.pool, 'In between')).toEqual([
    'alice sent',
    isShown ? 'bob inbox' : 'bob inbox, unread',
  ]);
});
