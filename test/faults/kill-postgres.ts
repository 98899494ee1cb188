// PostgreSQL's postmaster killed, and shut down immediately, while users send and read messages.
import { setTimeout as sleep } from 'node:timers/promises';
import { postmasterIn, signal, until } from '../support/postgres-processes.ts';
import { unlessInTime } from './in-time.ts';
import { audit, openLedger } from './ledger.ts';
import { sendMessages } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

const wellWithinMs = 10_000;

export async function killPostgres(site: Site, { times }: { times: number }): Promise<Outcome> {
  const ledger = openLedger();
  const over = new AbortController();
  let refusals = 0;
  const sending = sendMessages(site, ledger, {
    goesOn: () => !over.signal.aborted,
    senders: 16,
    onRefusal: ({ status }) => (refusals += status === 503 ? 1 : 0),
  });
  const wrong: string[] = [];
  const recoveries: number[] = [];
  try {
    for (let time = 0; time < times; time++) {
      for (const name of ['SIGKILL', 'SIGQUIT'] as const) {
        await sleep(400);
        const before = postmasterIn(site.dataDir);
        signal(before, name);
        const diedAt = performance.now();
        await until(async () => (await statusesOf(site, '/readyz')).includes(503), 3000).catch(() =>
          wrong.push('/readyz never said 503'),
        );
        wrong.push(
          ...(await statusesOf(site, '/healthz'))
            .filter((status) => status !== 200)
            .map((status) => `/healthz said ${status}`),
        );
        const refusedBefore = refusals;
        await until(
          async () => (await statusesOf(site, '/readyz')).every((status) => status === 200),
          30_000,
        );
        const answered = ledger.answered();
        await until(() => ledger.answered() > answered, 30_000);
        recoveries.push(performance.now() - diedAt);
        if (postmasterIn(site.dataDir) === before) wrong.push('PostgreSQL was not killed at all');
        if (refusals === refusedBefore && refusals === 0) wrong.push('nobody was told 503');
      }
    }
  } finally {
    over.abort();
  }
  wrong.push(...(await sending));
  const found = await site.withDatabase((db) => audit(db, ledger));
  const recoveryMs = Math.max(0, ...recoveries);
  wrong.push(...unlessInTime('the recovery', recoveryMs, wellWithinMs));
  return {
    ...found,
    tries: recoveries.length,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `${ledger.messages.length} messages, ${refusals} answers 503`,
  };
}

export async function statusesOf(site: Site, path: string): Promise<number[]> {
  const answers = site.apps.map(({ url }) =>
    fetch(url + path).then(
      ({ status }) => status,
      () => 0,
    ),
  );
  return Promise.all(answers);
}
