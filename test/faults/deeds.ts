// Actions of users in their mailboxes, and the expected state afterwards.
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Reply } from './client.ts';
import { logIn, logOut } from './doors.ts';
import type { Ledger } from './ledger.ts';
import { newFate, type Fate } from './mailbox-model.ts';
import { press } from './sending.ts';
import type { Site } from './site.ts';

/** State shared by all users. */
export interface Town {
  site: Site;
  ledger: Ledger;
  fates: Map<number, Fate>;
  wrong: string[];
  times: number[];
  /** How many somebody has, by id; NaN when that cannot be known. */
  drafts: Map<string, number>;
  /** How often somebody was asked to come back later. */
  busy: number;
}

/** The site was busy, said so, and something has been done or not. */
class Busy extends Error {}

type Deed = (town: Town, client: Client) => Promise<void>;
const deeds: [weight: number, deed: Deed][] = [
  [30, writeMessage],
  [25, readMessage],
  [10, deleteMessage],
  [8, searchMessage],
  [8, takeBack],
  [6, markUnread],
  [6, keepDraft],
  [4, goOutAndIn],
  [3, emptyTrash],
];
const allWeights = deeds.reduce((sum, [weight]) => sum + weight, 0);

/** One thing, chosen by chance. */
export async function doSomething(town: Town, client: Client): Promise<void> {
  let chance = randomInt(allWeights);
  for (const [weight, deed] of deeds) {
    if (chance < weight) return deed(town, client).catch((error: Error) => tell(town, error));
    chance -= weight;
  }
}

/** Notes what went wrong; to be asked to come back later is not wrong. */
export function tell(town: Town, error: Error): void {
  if (error instanceof Busy) town.busy += 1;
  else town.wrong.push(error.message);
}

/** A reply with one of these statuses; any other is a finding. */
async function expectReply(
  town: Town,
  what: string,
  asking: Promise<Reply>,
  ...statuses: number[]
): Promise<Reply> {
  const reply = await asking;
  town.times.push(reply.ms);
  if (reply.status === 503 && !statuses.includes(503)) throw new Busy();
  if (!statuses.includes(reply.status)) throw new Error(`${what} was answered ${reply.status}`);
  return reply;
}

/** The same for something done with a message: until it is answered, its outcome is unknown. */
async function tryWith(town: Town, fate: Fate, what: string, asking: Promise<Reply>, ...statuses: number[]) {
  fate.doubts += 1;
  const reply = await expectReply(town, what, asking, ...statuses);
  fate.doubts -= 1;
  return reply;
}

async function writeMessage(town: Town, client: Client): Promise<void> {
  const { site, ledger, fates } = town;
  const message = ledger.intend(client.person, site.people[randomInt(site.people.length)]!);
  const fate = newFate();
  fates.set(message.number, fate);
  await tryWith(town, fate, 'sending', press(client, message), 303);
}

async function readMessage(town: Town, client: Client): Promise<void> {
  const row = await pickRow(town, client, 'inbox');
  if (!row) return;
  const { status } = await tryWith(town, row.fate, 'a message', client.get(`/messages/${row.id}`), 200, 404);
  if (status === 404) row.fate.wasMissed = true;
  else Object.assign(row.fate, { isUnread: false, wasOpened: true });
}

async function markUnread(town: Town, client: Client): Promise<void> {
  const row = await pickRow(town, client, 'inbox');
  if (!row) return;
  const marking = post(client, `/messages/${row.id}/unread`);
  const { status } = await tryWith(town, row.fate, 'marking', marking, 303, 404);
  if (status === 404) row.fate.wasMissed = true;
  else row.fate.isUnread = true;
}

/** Of one's own copies, of either box; every second time it is brought back. */
async function deleteMessage(town: Town, client: Client): Promise<void> {
  const box = randomInt(3) ? 'inbox' : 'sent';
  const row = await pickRow(town, client, box);
  if (!row) return;
  const side = box === 'inbox' ? 'received' : 'sent';
  const deletion = post(client, `/messages/${row.id}/delete`);
  const { status } = await tryWith(town, row.fate, 'deleting', deletion, 303, 404);
  if (status === 404) return void (row.fate.wasMissed = true);
  row.fate[side] = 'trash';
  const next = await expectReply(town, 'the inbox', client.get('/inbox'), 200);
  const at = /name="at" value="([^"]+)"/.exec(next.text)?.[1];
  if (!at) throw new Error('no Undo was offered');
  if (randomInt(2)) return;
  await tryWith(town, row.fate, 'Undo', post(client, '/trash/undo', { at }), 303);
  row.fate[side] = 'there';
}

async function takeBack(town: Town, client: Client): Promise<void> {
  const row = await pickRow(town, client, 'sent');
  if (!row) return;
  await tryWith(town, row.fate, 'taking back', post(client, `/messages/${row.id}/unsend`), 303);
  const next = await tryWith(town, row.fate, 'what was sent', client.get('/sent'), 200);
  const said = /<p role="status">([^<]*)/.exec(next.text)?.[1] ?? '';
  if (said.startsWith('Taken back')) row.fate.isTakenBack = true;
  else if (!said.includes('cannot be taken back')) throw new Error(`taking back was told as "${said}"`);
}

async function searchMessage(town: Town, client: Client): Promise<void> {
  const words = new URLSearchParams({
    q: ['and so', 'is:unread', '"so on" from:person1', town.ledger.tag][randomInt(4)]!,
  });
  await expectReply(town, 'a search', client.get(`/search?${words.toString()}`), 200);
}

async function keepDraft(town: Town, client: Client): Promise<void> {
  const key = randomUUID();
  const { id } = client.person;
  const before = town.drafts.get(id) ?? 0;
  town.drafts.set(id, Number.NaN);
  const saving = post(client, '/drafts', { key, recipient: '', body: 'begun' });
  const { status } = await expectReply(town, 'a draft', saving, 303, 422); // 422: a hundred are enough
  const isDiscarded = status === 303 && randomInt(2) === 0;
  if (isDiscarded) await expectReply(town, 'discarding', post(client, `/drafts/${key}/discard`), 303);
  town.drafts.set(id, before + (status === 303 && !isDiscarded ? 1 : 0));
}

async function goOutAndIn(town: Town, client: Client): Promise<void> {
  await expectReply(town, 'the logout', logOut(client), 303);
  await comeIn(town, client);
}

/** Logs in, and retries after a 503. */
export async function comeIn(town: Town, client: Client): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { status } = await expectReply(town, 'the login', logIn(client), 303, 503);
    if (status === 303) return;
    await sleep(500);
  }
  throw new Error('nobody was let in');
}

async function emptyTrash(town: Town, client: Client): Promise<void> {
  const { id } = client.person;
  const fates = town.ledger.messages.flatMap(({ number, from, to }) => {
    const fate = town.fates.get(number)!;
    const sides = [from.id === id && ('sent' as const), to.id === id && ('received' as const)];
    return sides
      .filter((side) => side !== false && fate[side] === 'trash')
      .map((side) => ({ fate, side: side || 'sent' }));
  });
  for (const { fate } of fates) fate.doubts += 1;
  await expectReply(town, 'emptying the trash', post(client, '/trash/empty'), 303);
  for (const { fate, side } of fates) {
    fate.doubts -= 1;
    fate[side] = 'gone';
  }
}

async function post(client: Client, path: string, fields: Record<string, string> = {}): Promise<Reply> {
  return client.post(path, { _csrf: await client.token(), confirmed: 'yes', ...fields });
}

/** One of this town's messages on the first page of a box. */
async function pickRow(
  town: Town,
  client: Client,
  box: 'inbox' | 'sent',
): Promise<{ id: string; fate: Fate } | undefined> {
  const { text } = await expectReply(town, `/${box}`, client.get(`/${box}`), 200);
  const rows = [...text.matchAll(/<a\s+href="\/messages\/([\da-f-]{36})">[^]*?class="excerpt"[^>]*>([^<]*)/g)]
    .map(([, id, words]) => ({ id: id!, number: numberIn(words!, town.ledger.tag) }))
    .filter(({ number }) => number !== undefined);
  if (rows.length === 0) return undefined;
  const { id, number } = rows[randomInt(rows.length)]!;
  return { id, fate: town.fates.get(number!)! };
}

function numberIn(words: string, tag: string): number | undefined {
  return words.startsWith(`${tag}-`) ? Number.parseInt(words.slice(tag.length + 1), 10) : undefined;
}
