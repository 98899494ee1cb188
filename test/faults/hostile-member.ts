// A hostile member beside fifty users: their waiting times and refusals before and during the attack.
import { atTheEnd } from './cleanup.ts';
import { openClient, type Client } from './client.ts';
import { givePasswords, logIn } from './doors.ts';
import { audit, openLedger } from './ledger.ts';
import { timeOthers } from './others.ts';
import { percentile } from './percentile.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

/** What such a member does, over and over. To add one, list it in faults.ts. */
export interface HostileDeed {
  /** With so many accounts, or browsers, at once. */
  atOnce: number;
  /** Whether each of them is an account of its own. */
  isManyAccounts: boolean;
  /** Done once before the measurement, such as filling a mailbox. */
  prepare?(site: Site, clients: Client[]): Promise<void>;
  /** Run once, within its time; returns the result for the table. */
  act(client: Client, goesOn: () => boolean): Promise<string>;
}

export interface HostileDose {
  /** The others. */
  people: number;
  seconds: number;
  /** So many times without and with it, in turn. */
  rounds: number;
  /** Whether times are judged; in a test, on a shared machine, they are only reported. */
  isTimed: boolean;
}

const maxRatio = 2;
const pauseMs = 1000;
const firstHostile = 150; // nobody whom another fault needs

export async function hostileMember(site: Site, deed: HostileDeed, dose: HostileDose): Promise<Outcome> {
  await givePasswords(site);
  const clients = await Promise.all(Array.from({ length: deed.atOnce }, (_, n) => enter(site, deed, n)));
  await deed.prepare?.(site, clients);
  const ledger = openLedger();
  const wrong: string[] = [];
  const results = new Map<string, number>();
  const ratios: number[] = [];
  const figures: string[] = [];
  const work = { people: dose.people, seconds: dose.seconds, pauseMs };
  for (let round = 0; round < dose.rounds; round += 1) {
    const before = percentile(await timeOthers(site, ledger, work, wrong), 99);
    const over = new AbortController();
    const stop = atTheEnd(() => over.abort());
    const harm = Promise.all(
      clients.map(async (client) => {
        while (!over.signal.aborted) {
          const result = await deed.act(client, () => !over.signal.aborted);
          results.set(result, (results.get(result) ?? 0) + 1);
        }
      }),
    );
    const during = percentile(await timeOthers(site, ledger, work, wrong), 99);
    await stop();
    await harm;
    ratios.push(during / before);
    figures.push(`${before.toFixed(0)} → ${during.toFixed(0)} ms`);
  }
  for (const client of clients) client.close();
  const found = await site.withDatabase((db) => audit(db, ledger));
  const ratio = percentile(ratios, 50);
  if (dose.isTimed && ratio > maxRatio) wrong.push(`the p99 of others is ${ratio.toFixed(1)} times as long`);
  const done = [...results].map(([result, count]) => `${result} × ${count}`).join(', ');
  return {
    ...found,
    tries: [...results.values()].reduce((sum, count) => sum + count, 0),
    wrong: [...wrong, ...found.wrong],
    note: `others' p99 × ${ratio.toFixed(2)} (${figures.join(', ')}); ${done}`,
  };
}

/** A session of its own, in which the password has just been typed. */
async function enter(site: Site, deed: HostileDeed, n: number): Promise<Client> {
  const index = firstHostile + (deed.isManyAccounts ? n : 0);
  const client = openClient(site.addresses, { ...site.people[index]!, cookie: '' }, firstHostile + n);
  const reply = await logIn(client);
  if (reply.status !== 303) throw new Error(`The hostile member could not log in: ${reply.status}`);
  return client;
}
