// A message that arrives while the conversation is being read: what is shown is read, what is not shown stays unread.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { copiesOf } from '../support/mailboxes.ts';
import { registered, type Person } from '../support/person.ts';

let app: TestApp;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp();
  [alice, bob] = await Promise.all([registered(app.url, 'alice'), registered(app.url, 'bob')]);
});
afterAll(() => app.close());

test('it cannot be taken back once it has been shown', async () => {
  await alice.send('bob', 'First');
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  await holder.query('begin; select from unread for update'); // bob's page waits here, having listed what there is
  const reading = bob.get('/with/alice');
  await sleep(300);
  await alice.send('bob', 'In between');
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
