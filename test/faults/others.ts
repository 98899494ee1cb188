// Ordinary users who read and send while somebody else makes trouble.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import { press } from './sending.ts';
import type { Site } from './site.ts';

export interface Work {
  people: number;
  seconds: number;
  /** Between two things that somebody does, on average. */
  pauseMs: number;
}

/** What they wait for their pages and for sending, in milliseconds. */
export async function timeOthers(
  site: Site,
  ledger: Ledger,
  { people, seconds, pauseMs }: Work,
  wrong: string[],
): Promise<number[]> {
  const times: number[] = [];
  const deadline = Date.now() + seconds * 1000;
  const pause = () => sleep(pauseMs * (0.5 + Math.random()));
  await Promise.all(
    Array.from({ length: people }, async (_, index) => {
      const client = site.client(index);
      await client.token();
      await pause();
      while (Date.now() < deadline) {
        const page = await client.get('/inbox');
        const sent = await press(client, ledger.intend(client.person, site.people[index + 1]!));
        if (page.status !== 200) wrong.push(`a page was answered ${page.status}`);
        if (sent.status !== 303) wrong.push(`a form was answered ${sent.status}`);
        times.push(page.ms, sent.ms);
        await pause();
      }
      client.close();
    }),
  );
  return times;
}
