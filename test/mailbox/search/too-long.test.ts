// A search beyond the statement timeout is cancelled, and its page says so.
import { expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';

test('a search that takes too long keeps its input and suggests a faster one', async () => {
  const { app, alice } = await cast();
  await alice.send('alice', 'Cake at six');
  // From here on, every read of messages takes four seconds.
  await app.pool.query('alter table messages rename to kept');
  await app.pool.query('create view messages as select kept.* from kept, (select pg_sleep(4)) waiting');
  await app.pool.query('grant select on messages to private_messages_owner');
  const answer = await alice.get('/search?q=cake');
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.$('.lead').text()).toBe('This search took too long.');
  expect(answer.$('input[name=q]').first().attr('value')).toBe('cake');

  await app.pool.query('drop view messages');
  await app.pool.query('alter table kept rename to messages');
  expect((await alice.get('/search?q=cake')).$('main').text()).toContain('Cake at six');
  await app.close();
});
