// Two hundred concurrent users acting in their mailboxes; then everything is recounted.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './client.ts';
import { comeIn, doSomething, tell, type Town } from './deeds.ts';
import { givePasswords } from './doors.ts';
import { openLedger } from './ledger.ts';
import { recount } from './mailbox-model.ts';
import { percentile } from './percentile.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

export async function manyPeople(
  site: Site,
  { people, seconds }: { people: number; seconds: number },
): Promise<Outcome> {
  await givePasswords(site);
  const town: Town = {
    site,
    ledger: openLedger(),
    fates: new Map(),
    wrong: [],
    times: [],
    drafts: new Map(),
    busy: 0,
  };
  const deadline = Date.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: people }, async (_, index) => {
      // Sessions of their own: what other faults use stays.
      const client = openClient(site.addresses, { ...site.people[index]!, cookie: '' }, index);
      await comeIn(town, client).catch((error: Error) => tell(town, error));
      while (Date.now() < deadline) {
        await doSomething(town, client);
        await sleep(randomInt(100));
      }
      client.close();
    }),
  );
  const { ledger, fates, wrong, times, drafts } = town;
  const found = await site.withDatabase((db) => recount(db, ledger, fates));
  wrong.push(...found.wrong, ...(await compareCounts(site, people, drafts)));
  return {
    ...found,
    tries: times.length,
    wrong,
    note: `${people} people for ${seconds} s, ${ledger.messages.length} messages, p99 ${Math.round(percentile(times, 99))} ms, ${town.busy} asked to come back`,
  };
}

/** The counts that the pages show, beside the rows. */
async function compareCounts(site: Site, people: number, drafts: Map<string, number>): Promise<string[]> {
  const wrong: string[] = [];
  const counts = await site.withDatabase((db) =>
    db.query<{ id: string; unread: number; drafts: number }>(
      `select u.id, (select count(*)::int from messages m join unread n on n.owner_id = m.owner_id and n.id = m.id
                     where m.owner_id = u.id and m.box = 'inbox' and m.trashed_at is null) as unread,
              (select count(*)::int from drafts d where d.owner_id = u.id and d.body = 'begun') as drafts
       from users u`,
    ),
  );
  const byId = new Map(counts.rows.map((row) => [row.id, row]));
  for (let index = 0; index < people; index++) {
    const client = site.client(index);
    const person = byId.get(client.person.id)!;
    const kept = drafts.get(person.id) ?? 0;
    if (!Number.isNaN(kept) && kept !== person.drafts) wrong.push('the number of drafts is another');
    const shown = /data-count>([\d+]+)</.exec((await client.get('/inbox')).text)?.[1];
    const expected = person.unread > 99 ? '99+' : String(person.unread);
    if (shown !== expected) wrong.push(`the page shows ${shown} unread messages, there are ${expected}`);
    client.close();
  }
  return wrong;
}
