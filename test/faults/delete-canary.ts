// A message with a unique word: written, refused, read, searched for, and permanently deleted by both sides.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { postgresLog } from '../support/postgres-processes.ts';
import type { Client, Reply } from './client.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

export async function deleteCanary(site: Site, { times }: { times: number }): Promise<Outcome> {
  const wrong: string[] = [];
  for (let time = 0; time < times; time++) {
    const canary = `canary${randomBytes(8).toString('hex')}`;
    const [sender, reader] = [site.client(2 * time), site.client(2 * time + 1)];
    const places = await live(site, canary, sender, reader);
    if (!places.some((place) => place.includes('the dump'))) wrong.push('the canary was never there');
    await die(canary, sender, '/sent');
    await die(canary, reader, '/inbox');
    wrong.push(...(await placesOf(site, canary)));
    sender.close();
    reader.close();
  }
  return { tries: times, lost: 0, duplicated: 0, wrong };
}

/** Everything that can happen to a message; returns where its word is to be found meanwhile. */
async function live(site: Site, canary: string, sender: Client, reader: Client): Promise<string[]> {
  const _csrf = await sender.token();
  const form = { _csrf, key: randomUUID(), recipient: reader.person.username };
  // As much as a form can hold: nginx and PostgreSQL have to put it somewhere.
  const body = `${canary} ${'🦉'.repeat(9900)} ${canary}`;
  const told = async (asking: Promise<Reply>, status: number) => {
    const reply = await asking;
    if (reply.status !== status) throw new Error(`answered ${reply.status} instead of ${status}`);
    return reply;
  };
  await told(sender.post('/drafts', { ...form, body }), 303);
  await told(sender.post('/send', { ...form, recipient: canary, body }), 422);
  await told(sender.post('/send', { ...form, body: `${canary} `.repeat(30_000) }), 422);
  await told(sender.post('/send', { ...form, _csrf: canary, body }), 403);
  await site.withDatabase(async (db) => {
    await db.query('begin; lock table messages');
    await told(sender.post('/send', { ...form, body }), 503);
    await told(reader.get(`/search?q=${canary}`), 503);
    await db.query('rollback');
  });
  await told(sender.post('/send', { ...form, body }), 303);
  await told(sender.post('/send', { ...form, body }), 303);
  for (const person of [sender, reader]) {
    for (const path of ['/inbox', '/sent', `/search?q=${canary}`, `/with/${canary}`, `/${canary}`])
      await told(person.get(path), path.includes(`/${canary}`) ? 404 : 200);
  }
  await told(reader.get(await addressOf(canary, reader, '/inbox')), 200);
  await site.withDatabase((db) => db.query('analyze'));
  return placesOf(site, canary);
}

/** Into the trash, and from there permanently. */
async function die(canary: string, client: Client, box: string): Promise<void> {
  const _csrf = await client.token();
  const address = await addressOf(canary, client, box);
  for (const path of [`${address}/delete`, `${address.replace('/messages', '/trash')}/delete`]) {
    const { status } = await client.post(path, { _csrf, confirmed: 'yes' });
    if (status !== 303) throw new Error(`Deleting was answered ${status}.`);
  }
}

async function addressOf(canary: string, client: Client, box: string): Promise<string> {
  const { text } = await client.get(box);
  const rows = text.matchAll(/<a\s+href="(\/messages\/[\da-f-]{36})">[^]*?class="excerpt"[^>]*>([^<]*)/g);
  const row = [...rows].find(([, , words]) => words!.startsWith(canary));
  if (!row) throw new Error(`The canary is not in ${box}.`);
  return row[1]!;
}

/** Where the word is, or what it looks like in other notations. */
async function placesOf(site: Site, canary: string): Promise<string[]> {
  const notations = [
    canary,
    Buffer.from(canary).toString('hex'),
    Buffer.from(canary).toString('base64').slice(0, -4),
  ];
  const holds = (text: string) => notations.some((notation) => text.includes(notation));
  const places = (await site.withDatabase((db) => tablesWith(db, holds))).map(
    (table) => `the dump, in ${table}`,
  );
  if (holds(site.logs())) places.push('the log of the app');
  if (holds(postgresLog(site.dataDir))) places.push('the log of PostgreSQL');
  for (const file of site.nginx ? filesIn(site.nginx.folder) : [])
    if (holds(readFileSync(file, 'latin1')))
      places.push(`a file of nginx: ${file.slice(site.nginx!.folder.length)}`);
  return places.map((place) => `the canary is in ${place}`);
}

/** The tables that hold it: all rows of all tables, as text, as a dump has them. */
async function tablesWith(db: pg.Client, holds: (text: string) => boolean): Promise<string[]> {
  const { rows: tables } = await db.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.query<{ line: string }>(`select t::text as line from ${name} t`);
    if (rows.some(({ line }) => holds(line))) found.push(name);
  }
  return found;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
