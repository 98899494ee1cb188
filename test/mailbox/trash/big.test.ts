// Fifty thousand messages: every request answers in time, and nothing is left half done.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { fillMailbox, tokenOf } from '../../support/mailboxes.ts';
import type { Answer, Fields } from '../../support/person.ts';

const many = 50_000;
const { app, alice, bob } = await cast();
beforeAll(async () => {
  for (let year = 2000; year < 2010; year += 1) {
    await fillMailbox(app.pool, alice, bob, many / 10, {
      from: `${year}-01-01`,
      words: 5,
      isUnread: year % 3 === 0,
    });
  }
});
afterAll(() => app.close());

interface Counts {
  trashed: number;
  unread: number;
  hidden: number;
}

async function counts(): Promise<Counts> {
  const { rows } = await app.pool.query<Counts>(
    `select (select count(*)::int from messages where trashed_at is not null) as trashed,
            (select count(*)::int from unread) as unread,
            (select count(*)::int from unread where is_quiet) as hidden`,
  );
  return rows[0]!;
}

/** Presses the button of the form on a page again and again, as its line asks for, until all is done. */
async function press(page: string, action: string, fields: Fields = {}): Promise<Answer> {
  for (let at = page, again = fields; ;) {
    const startedAt = performance.now();
    const answer = await alice.submit(at, again, action);
    expect(answer.status).toBe(303);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const next = await alice.get(answer.headers.location!);
    if (!next.$('[role=status]').first().text().includes('There are more')) return next;
    [at, again] = [answer.headers.location!, {}];
  }
}

test('are counted, moved to the trash, restored with their marks, and deleted permanently', async () => {
  const before = await counts();
  expect(before).toEqual({ trashed: 0, unread: 15_000, hidden: 0 });

  const question = await alice.get('/inbox/older?than=2026-01-01');
  expect(question.$('.lead').text()).toContain('50,000 messages');
  const moved = await press('/inbox/older?than=2026-01-01', '/inbox/older');
  expect(await counts()).toEqual({ trashed: many, unread: 15_000, hidden: 15_000 });
  expect(moved.$('title').text()).toMatch(/^Inbox/);

  const undo = moved.$('form[action="/trash/undo"] input[name=at]').attr('value')!;
  for (let page = ''; page === '' || page.includes('There are more');) {
    const restored = await alice.post('/trash/undo', { ...(await tokenOf(alice)), at: undo });
    page = (await alice.get(restored.headers.location!)).text;
  }
  expect(await counts()).toEqual(before);

  await press('/inbox/older?than=2026-01-01', '/inbox/older');
  await press('/trash/empty', '/trash/empty');
  expect(await counts()).toEqual({ trashed: 0, unread: 0, hidden: 0 });
});
