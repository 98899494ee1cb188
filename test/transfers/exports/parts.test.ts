// A mailbox too large for one import is exported in parts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { measurePart } from '../../../src/transfers/exports/parts.ts';
import { lowestId } from '../../../src/ids.ts';
import { imported } from '../imports/importing.ts';
import { cast } from '../../support/cast.ts';
import { registered, type Fields } from '../../support/person.ts';
import { unzip } from '../../support/zip.ts';
import { beginExport, exportOf, fillMailbox, untilNoRun } from './exporting.ts';

let aliceId: string;
let all: string[];
let size: number;
const { app, alice } = await cast();
beforeAll(async () => {
  await fillMailbox(app.databaseUrl, 'alice', 1200, 1900);
  aliceId = (await findAccount(app.pool, 'alice'))!.id;
  const whole = await exportOf(app.url, alice);
  size = whole.length;
  all = idsIn(await unzip(whole));
});
afterAll(() => app.close());

const idsIn = (zip: Map<string, string>) =>
  (JSON.parse(zip.get('messages.json')!) as { id: string }[]).map(({ id }) => id);

/** As if the first file had been made and had ended after this message. */
async function endFirstFileAfter(id: string): Promise<void> {
  await app.pool.query(
    `insert into exports (user_id, run, total, part, after_id, beat_at)
     values ($1, gen_random_uuid(), 10, 2, $2, '-infinity')`,
    [aliceId, id],
  );
}

test('the parts cover every message once, and no zip exceeds its limit', async () => {
  expect(all).toHaveLength(1200);
  const limit = 2_500_000;
  const totals: number[] = [];
  let after = lowestId;
  for (;;) {
    const part = await measurePart(app.pool, aliceId, after, limit);
    totals.push(part.total);
    expect(all[totals.reduce((sum, total) => sum + total) - 1]).toBe(part.upTo);
    if (!part.hasMore) break;
    after = part.upTo;
  }
  expect(totals.length).toBeGreaterThan(3);
  expect(totals.reduce((sum, total) => sum + total)).toBe(1200);
  // So much of the whole zip is in a part, which is full but for the last one.
  for (const total of totals) expect((size * total) / 1200).toBeLessThan(limit);
  expect((size * totals[0]!) / 1200).toBeGreaterThan(limit / 4);
});

test('a message’s size includes the name in it', async () => {
  const bob = (await findAccount(app.pool, 'bob'))!.id;
  await fillMailbox(app.databaseUrl, 'bob', 3, 1900);
  const light = await measurePart(app.pool, bob, lowestId, 17_000);
  expect([light.total, light.hasMore]).toEqual([2, true]);
  await app.pool.query(`update messages set other_name = repeat('🦉', 320) where owner_id = $1`, [bob]);
  const heavy = await measurePart(app.pool, bob, lowestId, 17_000);
  expect([heavy.total, heavy.hasMore]).toEqual([1, true]);
});

test('the page offers the next part until there is none; each can be imported on its own', async () => {
  await endFirstFileAfter(all[599]!);
  const page = await alice.get('/account/export');
  expect(page.$('.actions p').text()).toMatch(
    /^File 1 ends with the messages of Thursday, 1 January 2026 at 10:00 UTC, and there are more\.$/,
  );
  expect(page.$('.actions button').first().text()).toBe('Export file 2');

  const answer = await beginExport(app.url, alice);
  expect(answer.headers['content-disposition']).toMatch(/filename="alice-[\d-]+-part-2\.zip"$/);
  answer.destroy();
  await expect
    .poll(async () => (await alice.get('/account/export')).$('.actions button').first().text(), {
      timeout: 10_000,
    })
    .toBe('Export file 2'); // a download that was broken off is made again
  const zip = await exportOf(app.url, alice);
  expect(idsIn(await unzip(zip))).toEqual(all.slice(600));
  expect((await alice.get('/account/export')).$('.actions button').text()).toBe('Export');

  const carol = await registered(app.url, 'carol');
  expect(await imported(carol, zip)).toBe('Imported 600 messages.');
});

/** The name of the file that these fields ask for. */
async function nameFor(fields: Fields): Promise<string> {
  const answer = await beginExport(app.url, alice, fields);
  answer.destroy();
  await untilNoRun(app.pool);
  return answer.headers['content-disposition']!;
}

test('the export can be restarted from the first part', async () => {
  await endFirstFileAfter(all[599]!);
  expect(await nameFor({ again: 'yes' })).toMatch(/filename="alice-[\d-]+\.zip"$/);
  expect((await alice.get('/account/export')).$('.actions button').text()).toBe('Export');
});

test('invalid fields start with the first part', async () => {
  expect(await nameFor({ part: '0', after: 'x' })).toMatch(/filename="alice-[\d-]+\.zip"$/);
});

test('the page says in advance what an import will need', async () => {
  const said = async () => (await alice.get('/account/export')).$('main').text().replaceAll(/\s+/g, ' ');
  await app.pool.query('delete from mailbox_usage');
  expect(await said()).toContain('To import it, a mailbox needs room for all its messages, except those');
  await app.pool.query('insert into mailbox_usage (owner_id, messages) values ($1, 1234)', [aliceId]);
  expect(await said()).toContain(
    'To import it, a mailbox needs room for all its messages (at most 1,234), except those it already has. ' +
      'No file is larger than the 2 GB that an import accepts',
  );
});
