// PostgreSQL frozen: it accepts connections and answers nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresIn, signal, until } from '../support/postgres-processes.ts';
import { untilServed } from './client.ts';
import { unlessInTime } from './in-time.ts';
import { statusesOf } from './kill-postgres.ts';
import { audit, openLedger, type Ledger } from './ledger.ts';
import { sendMessages } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

const refusedWithinMs = 5000;
const normalWithinMs = 5000;
const aliveWithinMs = 500;
const senders = 8;

export async function freezePostgres(site: Site, { seconds }: { seconds: number }): Promise<Outcome> {
  const ledger = openLedger();
  const wrong: string[] = [];
  const over = new AbortController();
  let slowest = 0;
  let isFrozen = false;
  let refusals = 0;
  const sending = sendMessages(site, ledger, {
    goesOn: () => !over.signal.aborted,
    senders,
    onRefusal: ({ status, ms }) => {
      slowest = Math.max(slowest, ms);
      refusals += 1;
      if (status !== 503) wrong.push(`a form was answered ${status}`);
    },
  });
  const readers = [30, 31, 32, 33, 34, 35].map((index) => site.client(index));
  const reading = Promise.all(
    readers.map(async (reader) => {
      while (!over.signal.aborted) {
        const isAskedOfFrozen = isFrozen;
        const { status, ms } = await reader.get('/inbox');
        slowest = Math.max(slowest, ms);
        if (status !== 503 && (status !== 200 || (isAskedOfFrozen && isFrozen)))
          wrong.push(`a page was answered ${status}`);
        await sleep(20);
      }
    }),
  );

  let recoveryMs = 0;
  try {
    // Each sender has the form for the next message; without it no refusal could happen.
    await until(() => countSenders(ledger) === senders);
    for (const pid of postgresIn(site.dataDir)) signal(pid, 'SIGSTOP');
    isFrozen = true;
    const thawAt = Date.now() + seconds * 1000;
    while (Date.now() < thawAt) {
      const startedAt = performance.now();
      const alive = await statusesOf(site, '/healthz');
      wrong.push(...unlessInTime('/healthz', performance.now() - startedAt, aliveWithinMs));
      const isReady = await statusesOf(site, '/readyz');
      if (alive.some((status) => status !== 200)) wrong.push(`/healthz said ${alive.join()}`);
      if (isReady.some((status) => status !== 503)) wrong.push(`/readyz said ${isReady.join()}`);
      await sleep(200);
    }
  } finally {
    isFrozen = false;
    for (const pid of postgresIn(site.dataDir)) signal(pid, 'SIGCONT');
    recoveryMs = await untilServed(readers);
    over.abort();
  }
  wrong.push(...(await sending));
  await reading;
  for (const reader of readers) reader.close();
  const found = await site.withDatabase((db) => audit(db, ledger));
  wrong.push(...unlessInTime('an answer', slowest, refusedWithinMs));
  wrong.push(...unlessInTime('the recovery', recoveryMs, normalWithinMs));
  if (refusals === 0) wrong.push('nobody was refused');
  return {
    ...found,
    tries: 1,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `frozen for ${seconds} s, the slowest answer took ${(slowest / 1000).toFixed(1)} s`,
  };
}

/** How many people got a confirmation for a message. */
function countSenders({ messages }: Ledger): number {
  return new Set(messages.filter(({ isAnswered }) => isAnswered).map(({ from }) => from.id)).size;
}
