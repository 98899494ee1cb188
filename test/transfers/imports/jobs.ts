// Long-running imports, for tests of what happens meanwhile.
import { request as ask, type ClientRequest } from 'node:http';
import { expect } from 'vitest';
import { newId } from '../../../src/ids.ts';
import type { Pool } from '../../../src/database/pool.ts';
import type { Person } from '../../support/person.ts';
import { formWith, importFile, multipart } from './importing.ts';

export const interrupted =
  'This import was interrupted: the server was restarted, or its database was too busy. Nothing was imported; please choose the file again.';
export const stopped =
  'This import was stopped, because your sessions were ended meanwhile. Nothing was imported.';

/** A messages.json with so many messages. */
export function messages(count: number, body = 'word '.repeat(100)): string {
  const lines = Array.from({ length: count }, (_, n) => {
    const sentAt = new Date(1_700_000_000_000 + n);
    const fields = { id: newId(sentAt), box: 'inbox', with: 'bob', notice: false, sentAt };
    return JSON.stringify({ ...fields, unread: true, trashedAt: null, body: `${n} ${body}` });
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}

/** Sends the form of the import page, or its first bytes, over a connection that can be cut. */
export async function beginImport(
  url: string,
  person: Person,
  file: string,
  bytes = Infinity,
): Promise<ClientRequest> {
  const body = formWith(await person.hidden('/account/import'), file);
  const headers = { ...multipart, Cookie: person.cookies(), 'Content-Length': body.length };
  const sent = ask(`${url}/account/import`, { method: 'POST', agent: false, headers });
  sent.on('error', () => {});
  sent.write(body.subarray(0, bytes));
  return sent;
}

export async function importsIn(pool: Pool, phase: string): Promise<number> {
  const { rowCount } = await pool.query('select from imports where phase = $1 and result is null', [phase]);
  return rowCount!;
}

/** From now on PostgreSQL takes a millisecond for each imported message, on the fastest machine as well. */
export async function slowDownWriting(pool: Pool): Promise<void> {
  await pool.query(`
    create or replace function dawdle() returns trigger language plpgsql as 'begin perform pg_sleep(0.001); return new; end';
    create or replace trigger dawdle before insert on messages
      for each row when (new.origin = 'imported') execute function dawdle()`);
}

/** Sends a file that takes a while, and waits until it is being written. */
export async function beginWriting(pool: Pool, person: Person, count = 5000): Promise<void> {
  expect((await importFile(person, messages(count))).status).toBe(303);
  await expect.poll(() => importsIn(pool, 'writing'), { interval: 5, timeout: 30_000 }).toBe(1);
}

/** How many transactions are open that write messages: their connections have locked the table. */
export async function writingConnections(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `select from pg_locks l join pg_database d on d.oid = l.database
     where l.relation = 'messages'::regclass and l.mode = 'RowExclusiveLock' and d.datname = current_database()`,
  );
  return rowCount!;
}

/** How many messages this person has imported. */
export async function countImported(pool: Pool, { username }: Person): Promise<number> {
  const { rowCount } = await pool.query(
    `select from messages m join users u on u.id = m.owner_id where u.username = $1 and origin = 'imported'`,
    [username],
  );
  return rowCount!;
}
