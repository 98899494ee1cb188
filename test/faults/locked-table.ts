// A locked messages table, as by a failed migration or an open transaction of an operator.
import { setTimeout as sleep } from 'node:timers/promises';
import { untilServed } from './client.ts';
import { unlessInTime } from './in-time.ts';
import { audit, openLedger } from './ledger.ts';
import { percentile } from './percentile.ts';
import { sendMessages } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

const refusedWithinMs = 3000;
const normalWithinMs = 5000;

export async function lockedTable(site: Site, { seconds }: { seconds: number }): Promise<Outcome> {
  const ledger = openLedger();
  const wrong: string[] = [];
  const loginBefore = await timeLogins(site, 1000, wrong);

  const over = new AbortController();
  let slowest = 0;
  let refusals = 0;
  const note = (status: number, ms: number) => {
    slowest = Math.max(slowest, ms);
    if (status === 503) refusals += 1;
  };
  const { loginDuring, recoveryMs } = await site.withDatabase(async (db) => {
    await db.query('begin; lock table messages');
    const sending = sendMessages(site, ledger, {
      goesOn: () => !over.signal.aborted,
      senders: 20,
      onRefusal: ({ status, ms }) => note(status, ms),
    });
    const reading = Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const reader = site.client(40 + index);
        while (!over.signal.aborted) {
          const { status, ms } = await reader.get('/inbox');
          note(status, ms);
          if (status !== 503 && status !== 200) wrong.push(`a page was answered ${status}`);
        }
        reader.close();
      }),
    );
    const during = await timeLogins(site, seconds * 1000, wrong);
    await db.query('commit');
    const reader = site.client(70);
    const recoveredAfter = await untilServed([reader]);
    reader.close();
    over.abort();
    wrong.push(...(await sending));
    await reading;
    return { loginDuring: during, recoveryMs: recoveredAfter };
  });
  const found = await site.withDatabase((db) => audit(db, ledger));
  if (refusals === 0) wrong.push('nobody was refused');
  wrong.push(...unlessInTime('an answer', slowest, refusedWithinMs));
  wrong.push(...unlessInTime('the recovery', recoveryMs, normalWithinMs));
  // Forty people ask in vain meanwhile and cost time as well; held up behind them it would be seconds.
  // The median counts, since on a busy machine one page in a hundred is slow for reasons of its own.
  const before = { median: percentile(loginBefore, 50), p99: percentile(loginBefore, 99).toFixed(0) };
  const after = { median: percentile(loginDuring, 50), p99: percentile(loginDuring, 99).toFixed(0) };
  wrong.push(...unlessInTime('/login', after.median, 2 * before.median + 50));
  return {
    ...found,
    tries: 1,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `locked for ${seconds} s, ${refusals} refused, the slowest in ${(slowest / 1000).toFixed(1)} s; /login ${before.median.toFixed(0)} → ${after.median.toFixed(0)} ms, p99 ${before.p99} → ${after.p99} ms`,
  };
}

/** Asks for the login page, as strangers do, for so long. */
async function timeLogins(site: Site, forMs: number, wrong: string[]): Promise<number[]> {
  const times: number[] = [];
  const deadline = Date.now() + forMs;
  while (Date.now() < deadline) {
    const startedAt = performance.now();
    const { status } = await fetch(`${site.addresses[0]}/login`).then(async (answer) => {
      await answer.text();
      return answer;
    });
    times.push(performance.now() - startedAt);
    if (status !== 200) wrong.push(`/login was answered ${status}`);
    await sleep(20);
  }
  return times;
}
