// Requests aborted by the client: while sending, while waiting, or just after.
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, type Client } from './client.ts';
import { audit, openLedger, type Ledger } from './ledger.ts';
import { press } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

const atOnce = 32;
const longestMs = 30;

export async function brokenRequests(site: Site, { requests }: { requests: number }): Promise<Outcome> {
  const ledger = openLedger();
  const wrong: string[] = [];
  const before = openFiles(site);
  let begun = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, index) => {
      const client = site.client(index);
      await client.token();
      while (begun < requests) {
        begun += 1;
        const target = new URL(begun % 2 ? site.addresses[0]! : site.apps[begun % 4 ? 0 : 1]!.url);
        await breakOff(target, await anyRequest(site, ledger, client), index);
      }
      client.close();
    }),
  );
  // Aborted forms are sent again: each message exists once, whether it had arrived or not.
  wrong.push(...(await sendAgain(site, ledger)));
  const found = await site.withDatabase((db) => audit(db, ledger));
  const leaks = () =>
    openFiles(site)
      .map((count, index) => ({ process: index + 1, more: count - before[index]! }))
      .filter(({ more }) => more > 5);
  // nginx lets its own connections go, in its own time.
  for (let looks = 0; looks < 20 && leaks().length > 0; looks++) await sleep(500);
  for (const leak of leaks()) wrong.push(`process ${leak.process} has ${leak.more} more files open`);
  return {
    ...found,
    tries: requests,
    wrong: [...wrong, ...found.wrong],
    note: `${ledger.messages.length} of them messages, sent again afterwards`,
  };
}

/** The bytes of some request. */
async function anyRequest(site: Site, ledger: Ledger, client: Client): Promise<string> {
  const head = (line: string, more = '') =>
    `${line} HTTP/1.1\r\nHost: ${new URL(site.addresses[0]!).host}\r\nCookie: ${client.cookies()}\r\n${more}\r\n`;
  const form = (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString();
    const type = 'Content-Type: application/x-www-form-urlencoded\r\n';
    return head(`POST ${path}`, `${type}Content-Length: ${body.length}\r\n`) + body;
  };
  const _csrf = await client.token();
  switch (randomInt(6)) {
    case 0:
      return head('GET /inbox');
    case 1:
      return head('GET /search?q=and+so+on');
    case 2:
      return head('GET /events');
    case 3:
      return form('/login', { _csrf, username: 'nobody', password: 'whatever it may be' });
    default: {
      const to = site.people[randomInt(site.people.length)]!;
      const { key, body } = ledger.intend(client.person, to);
      return form('/send', { _csrf, recipient: to.username, body, key });
    }
  }
}

/** Sends all or a part of these bytes, waits a moment or not at all, and is gone. */
async function breakOff(target: URL, bytes: string, index: number): Promise<void> {
  const socket = connect({ host: target.hostname, port: Number(target.port), ...from(index) });
  socket.on('error', () => {});
  const gone = new Promise((resolve) => socket.once('close', resolve));
  socket.write(randomInt(4) ? bytes : bytes.slice(0, randomInt(bytes.length)));
  await sleep(Math.random() * longestMs);
  if (randomInt(2)) socket.resetAndDestroy();
  else socket.destroy();
  await gone;
}

async function sendAgain(site: Site, ledger: Ledger): Promise<string[]> {
  const wrong: string[] = [];
  const clients = new Map<string, Client>();
  for (const message of ledger.messages) {
    const index = site.people.indexOf(message.from);
    const client = clients.get(message.from.id) ?? site.client(index);
    clients.set(message.from.id, client);
    const { status } = await press(client, message);
    if (status !== 303) wrong.push(`a message sent again was answered ${status}`);
  }
  for (const client of clients.values()) client.close();
  return wrong;
}

/** How many files and connections each process has open. */
function openFiles(site: Site): number[] {
  if (process.platform !== 'linux') return site.apps.map(() => 0);
  return site.apps.map(({ process: { pid } }) => readdirSync(`/proc/${pid}/fd`).length);
}
