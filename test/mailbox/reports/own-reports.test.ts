// /account/reports: what a reporter sees of their own reports.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { encryptAnswer, encryptContent } from '../../../src/mailbox/reports/encrypted.ts';
import { createEncryption } from '../../../src/secrets/encryption.ts';
import { newId } from '../../../src/ids.ts';
import { cast } from '../../support/cast.ts';
import { idOf } from '../../support/mailboxes.ts';
import type { Answer, Person } from '../../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
});

const page = '/account/reports';

async function reported(text: string): Promise<string> {
  await bob.send('alice', text);
  const path = `/messages/${await idOf(app.pool, alice, text, 'inbox')}/report`;
  expect((await alice.submit(path, { words: `About ${text}` })).status).toBe(303);
  return (await app.pool.query<{ id: string }>('select id from reports order by id desc limit 1')).rows[0]!
    .id;
}

test('shows the message, one’s words, and when administrators looked, once for several within ten minutes', async () => {
  expect((await alice.get(page)).$('.empty').text()).toContain('You have reported no message.');
  await reported('The message');
  await app.pool.query(
    `update reports set looked_at = array['2026-11-03 10:00Z', '2026-11-03 10:05Z', '2026-11-04 10:00Z']::timestamptz[]`,
  );
  const { $ } = await alice.get(page);
  expect($('.rows h2').text()).toContain('bob');
  expect($('.rows').text()).toContain('You wrote: About The message');
  const looks = $('.steps time').toArray();
  expect(looks.map((time) => $(time).attr('datetime')!.slice(0, 10))).toEqual(['2026-11-03', '2026-11-04']);
  expect($('.steps').text()).toContain('Still open.');
});

test('nobody sees those of others', async () => {
  await reported('The message');
  for (const person of [bob, charlie])
    expect((await person.get(page)).$('.empty').text()).toContain('You have reported no message.');
});

test('says what cannot be read with another secret.key, and does not fail', async () => {
  const id = await reported('The message');
  const { rows } = await app.pool.query<{ reporterId: string }>(
    `select reporter_id as "reporterId" from reports`,
  );
  const key = { reporterId: rows[0]!.reporterId, id };
  const other = createEncryption(Buffer.alloc(32, 7));
  const content = { body: 'x', sentAt: new Date(), from: 'bob', displayName: null, words: '' };
  await app.pool.query(
    `update reports set encrypted = $1, answer = $2, closed_at = now(), outcome = 'nothing'`,
    [encryptContent(other, key, content), encryptAnswer(other, key, 'x')],
  );
  const answer = await alice.get(page);
  expect(answer.status).toBe(200);
  expect(answer.$('.rows').text()).toContain('cannot be read any more: the key of this site was lost');
  expect(answer.$('.rows').text()).toContain('There was an answer');
});

test('has pages', async () => {
  const at = Date.now();
  for (let n = 1; n <= 30; n++)
    await app.pool.query(
      `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at)
       select a.id, $1, gen_random_uuid(), b.id, 'x', now() from users a, users b
       where a.username = 'alice' and b.username = 'bob'`,
      [newId(new Date(at - n * 1000))],
    );
  const first = await alice.get(page);
  expect(first.$('.rows h2')).toHaveLength(25);
  const older: Answer = await alice.get(first.$('a[rel=next]').attr('href')!);
  expect(older.$('.rows h2')).toHaveLength(5);
  expect((await alice.get(older.$('a[rel=prev]').attr('href')!)).$('.rows h2')).toHaveLength(25);
  expect((await alice.get(`${page}?before=x`)).status).toBe(400);
});

test('they go with the account', async () => {
  await reported('The message');
  await alice.submit('/account/delete', { password: alice.password });
  expect((await app.pool.query('select from reports')).rowCount).toBe(0);
});
