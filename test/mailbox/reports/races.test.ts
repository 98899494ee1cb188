// Two reports, reporting and taking back, deciding and deciding at the same moment: the database decides.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { makeAdmin } from '../../support/admin.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { press } from '../../support/forms.ts';
import { patient, watchDeadlocks } from '../../support/locks.ts';
import { idOf, tokenOf } from '../../support/mailboxes.ts';
import { at, registered, type Fields } from '../../support/person.ts';

const rounds = 200;
const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob, charlie } = await cast({}, { address: patient, log });
const other = await startApp({}, app.databaseUrl, log);
const [alices, bobs] = await Promise.all([tokenOf(alice), tokenOf(bob)]);
const form: Fields = { ...(await bob.hidden('/send')), recipient: 'alice' };
beforeEach(() => app.pool.query('delete from reports; delete from messages; delete from conversations'));
afterAll(async () => {
  await other.close();
  await app.close();
});

let sent = 0;

/** A message from bob: the address of alice's report of it, and his copy. */
async function send(): Promise<{ path: string; own: string }> {
  const body = `Round ${(sent += 1)}`;
  expect((await press(bob, '/send', { ...form, body })).status).toBe(303);
  const received = await idOf(app.pool, alice, body, 'inbox');
  return { path: `/messages/${received}/report`, own: await idOf(app.pool, bob, body, 'sent') };
}

const count = async (condition: string) =>
  (await app.pool.query(`select from reports where ${condition}`)).rowCount;

async function inTurns(work: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < rounds; n += 4) {
    await Promise.all([0, 1, 2, 3].map((turn) => work(n + turn)));
    // Out of what counts for the limits of a day.
    await app.pool.query(
      `update reports set closed_at = now(), outcome = coalesce(outcome, 'nothing'),
         id = overlay(id::text placing '00000000' from 1)::uuid where id::text not like '00000000%'`,
    );
  }
  expect(deadlocks()).toBe(0);
}

test(`${rounds} rounds of two reports of one message: it is reported once`, async () => {
  const elsewhere = at(other.url, alice);
  await inTurns(async () => {
    const { path } = await send();
    const answers = await Promise.all([
      press(alice, path, { ...alices, words: 'One' }),
      press(elsewhere, path, { ...alices, words: 'Two' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
  });
  expect(await count('true')).toBe(rounds);
});

test(`${rounds} rounds against taking back: the report holds the message, or there is none`, async () => {
  const seen = { reported: 0, gone: 0 };
  await inTurns(async (n) => {
    const { path, own } = await send();
    const takeBack = () => press(bob, `/messages/${own}/unsend`, bobs);
    const report = () => press(alice, path, { ...alices, words: 'Words' });
    const [reported, back] = await (n % 2
      ? Promise.all([report(), takeBack()])
      : Promise.all([takeBack(), report()]).then(([one, two]) => [two, one] as const));
    expect(back.status).toBe(303);
    seen[reported.status === 303 ? 'reported' : 'gone'] += 1;
    if (reported.status !== 303) expect(reported.status).toBe(404);
  });
  expect(await count('true')).toBe(seen.reported);
  expect(seen.reported + seen.gone).toBe(rounds);
  expect(Math.min(seen.reported, seen.gone)).toBeGreaterThan(0);
});

test(`${rounds} rounds of two administrators: one decision, one warning, one notice`, async () => {
  const dora = at(other.url, await registered(app.url, 'dora'));
  await Promise.all([charlie, dora].map((person) => makeAdmin(app, person)));
  const tokens = await Promise.all([charlie, dora].map(tokenOf));
  await inTurns(async () => {
    const { path } = await send();
    const reported = await press(alice, path, { ...alices, words: '' });
    expect([reported.status, reported.$('.error').text()]).toEqual([303, '']);
    const { rows } = await app.pool.query<{ id: string }>('select id from reports where message_id = $1', [
      path.split('/')[2],
    ]);
    const close = `/admin/reports/${rows[0]!.id}/close`;
    const decision = { outcome: 'warned', warning: `Warning ${close}`, answer: `Answer ${close}` };
    const answers = await Promise.all([
      press(charlie, close, { ...tokens[0], ...decision }),
      press(dora, close, { ...tokens[1], ...decision }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([303, 422]);
  });
  const noticesWith = async (words: string) =>
    (await app.pool.query(`select from messages where origin = 'notice' and strpos(body, $1) > 0`, [words]))
      .rowCount;
  expect([await noticesWith('Warning /admin'), await noticesWith('Answer /admin')]).toEqual([rounds, rounds]);
});
