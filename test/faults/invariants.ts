// Invariants that must hold after every fault.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { poolSize, type Site } from './site.ts';

export interface Watch {
  /** What did not hold since the watch began. */
  findings(): Promise<string[]>;
}

/** Begins to watch: no crash, no 500, no deadlock, and at the end every connection of the pools can be used. */
export async function watch(site: Site): Promise<Watch> {
  const logged = site.logs().length;
  const crashes = site.crashes().length;
  const deadlocks = await site.withDatabase(countDeadlocks);
  return {
    findings: async () => {
      const failures =
        site
          .logs()
          .slice(logged)
          .match(/"status":500/g)?.length ?? 0;
      const met = (await site.withDatabase(countDeadlocks)) - deadlocks;
      return [
        ...site.crashes().slice(crashes),
        ...(failures > 0 ? [`${failures} requests were answered 500`] : []),
        ...(met > 0 ? [`${met} deadlocks`] : []),
        ...(await site.withDatabase((db) => findMissingConnections(site, db))),
      ];
    },
  };
}

async function countDeadlocks(db: pg.Client): Promise<number> {
  const { rows } = await db.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return rows[0].deadlocks;
}

/** Nobody holds a connection, all of them can be used, and an ordinary page is to be had. */
async function findMissingConnections(site: Site, db: pg.Client): Promise<string[]> {
  const findings: string[] = [];
  let busy = 1;
  // What was asked last may still be at work on a busy machine.
  for (let looks = 0; looks < 10 && busy > 0; looks++) {
    await sleep(200);
    busy = await countBusy(db);
  }
  if (busy > 0) findings.push(`${busy} connections are busy though nobody asks for anything`);
  const expected = poolSize * site.apps.length;
  let most = 0;
  for (let tries = 0; tries < 3 && most !== expected; tries++) most = await countUsable(site, db, expected);
  if (most !== expected) findings.push(`of ${expected} connections of the pools ${most} can be used`);
  const pages = await Promise.all(site.apps.map(({ url }) => askForInbox(site, url)));
  if (pages.some((status) => status !== 200)) findings.push(`an ordinary page is answered ${pages.join()}`);
  return findings;
}

async function countBusy(db: pg.Client): Promise<number> {
  const { rowCount } = await db.query(
    `select from pg_stat_activity where application_name = 'private-messages' and state <> 'idle'`,
  );
  return rowCount!;
}

/**
 * A connection that the pool has lost looks idle from outside. So more people than there are connections are made to
 * wait for a table: as many connections wait as can be used. Returns before they are refused.
 */
async function countUsable(site: Site, db: pg.Client, expected: number): Promise<number> {
  await db.query('begin; lock table sessions');
  const deadline = Date.now() + 450;
  const asking = site.apps.flatMap(({ url }) =>
    Array.from({ length: poolSize + 3 }, () => askForInbox(site, url)),
  );
  let waiting = 0;
  while (waiting < expected && Date.now() < deadline) {
    await sleep(20);
    waiting = (await db.query('select from pg_locks where not granted')).rowCount!;
  }
  await db.query('commit');
  await Promise.all(asking);
  return waiting;
}

/** The status of the answer; 0 when there is none, as from a process that has crashed. */
async function askForInbox(site: Site, url: string): Promise<number> {
  const headers = { cookie: site.people[0]!.cookie };
  const answer = await fetch(`${url}/inbox`, { headers, redirect: 'manual' }).catch(() => undefined);
  await answer?.text();
  return answer?.status ?? 0;
}
