// Two processes behind nginx, restarted in turn ten times, without a failed request.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/postgres-processes.ts';
import { audit, openLedger } from './ledger.ts';
import { press } from './sending.ts';
import type { Site } from './site.ts';
import { Impossible, type Outcome } from './table.ts';

export async function rollingRestart(
  site: Site,
  { requests, restarts }: { requests: number; restarts: number },
): Promise<Outcome> {
  if (!site.nginx) throw new Impossible('needs nginx: apt-get install nginx');
  const ledger = openLedger();
  const wrong: string[] = [];
  let answered = 0;
  const over = new AbortController();
  const count = (status: number, expected: number, what: string) => {
    answered += 1;
    if (status !== expected) wrong.push(`${what} was answered ${status}`);
  };
  const load = Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const client = site.client(index);
      while (!over.signal.aborted) {
        const message = ledger.intend(client.person, site.people[index + 1]!);
        count((await press(client, message)).status, 303, 'a form');
        count((await client.get('/inbox')).status, 200, 'a page');
        count((await client.get('/login')).status, 303, 'the login page');
        // Connections rest for a while, as people do: what is closed just when it is used again would show.
        await sleep(Math.random() * 20);
      }
      client.close();
    }),
  );
  const recoveries: number[] = [];
  try {
    for (let restart = 1; restart <= restarts; restart++) {
      await until(() => answered >= (restart * requests) / (restarts + 1), 120_000);
      const { code, ms } = await site.end(restart % 2, 'SIGTERM');
      if (code !== 0) wrong.push(`a process ended with ${code}`);
      if (ms > 10_000) wrong.push(`a process took ${Math.round(ms)} ms to end`);
      recoveries.push(await site.startAgain(restart % 2));
      await sleep(300);
    }
    await until(() => answered >= requests, 120_000);
  } finally {
    over.abort();
  }
  await load;
  const found = await site.withDatabase((db) => audit(db, ledger));
  return {
    ...found,
    tries: restarts,
    wrong: [...wrong, ...found.wrong],
    recoveryMs: Math.max(0, ...recoveries),
    note: `${answered} requests`,
  };
}
