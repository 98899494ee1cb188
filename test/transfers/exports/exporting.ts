// Exports as a browser requests them.
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Pool } from '../../../src/database/pool.ts';
import type { Fields, Person } from '../../support/person.ts';
import { unzip } from '../../support/zip.ts';
import { idInSql } from '../../support/id-in-sql.ts';

/** The answer to the button, as soon as it begins. */
export async function beginExport(url: string, person: Person, more: Fields = {}): Promise<IncomingMessage> {
  const fields = new URLSearchParams({ ...(await person.hidden('/account/export')), ...more });
  return new Promise((resolve, reject) => {
    const request = ask(`${url}/account/export`, {
      method: 'POST',
      agent: false,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: person.cookies() },
    });
    request.on('response', resolve).on('error', reject).end(fields.toString());
  });
}

/** The zip, whole. */
export async function exportOf(url: string, person: Person): Promise<Buffer> {
  const answer = await beginExport(url, person);
  if (answer.statusCode !== 200) throw new Error(`The export was answered with ${answer.statusCode}.`);
  return buffer(answer);
}

/** The files of an export that do not tell of the account, by name. */
export async function messagesOf(url: string, person: Person): Promise<Map<string, string>> {
  const files = await unzip(await exportOf(url, person));
  files.delete('account.json');
  return files;
}

/**
 * Fills a mailbox with messages a minute apart, half of them sent, one in twenty in the trash, with ids of their time.
 * They are hard to compress. Nothing is searched for here: the index of words, which takes longest, is left out.
 */
export async function fillMailbox(
  databaseUrl: string,
  username: string,
  count: number,
  length: number,
): Promise<void> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  await db.query('drop index if exists messages_by_time');
  await db.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, trashed_at)
     select o.id,
            ${idInSql('extract(epoch from at) * 1000', 'n')},
            case n % 2 when 0 then 'inbox' else 'sent' end, o.id,
            'Number ' || n || ' ' || (select string_agg(md5(n || ' ' || k), '') from generate_series(1, $3 / 32) k),
            at, case when n % 20 = 0 then date_trunc('milliseconds', now()) end
     from users o, generate_series(1, $2) n, lateral (select timestamptz '2026-01-01' + n * interval '1 minute') t (at)
     where o.username = $1`,
    [username, count, length],
  );
  await db.query('analyze messages');
  await db.end();
}

/** Reads on in an answer until there are so many bytes, and then no further. */
export async function readSome(answer: IncomingMessage, atLeast = 1000): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let count = 0;
  while (count < atLeast) {
    const chunk = answer.read() as Buffer | null;
    if (chunk) count += chunks.push(chunk) && chunk.length;
    else await once(answer, 'readable');
  }
  return Buffer.concat(chunks);
}

/** Reads the rest of it. */
export async function readRest(answer: IncomingMessage, begun: Buffer): Promise<Map<string, string>> {
  return unzip(Buffer.concat([begun, await buffer(answer)]));
}

/** Waits until no export is running. */
export async function untilNoRun(pool: Pool): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await pool.query('select from exports')).rowCount !== 0) {
    if (Date.now() > deadline) throw new Error('An export is still being made.');
    await sleep(20);
  }
}
