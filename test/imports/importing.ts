// Imports as a browser sends them, and what they leave behind.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from '../../src/database/pool.ts';
import type { Answer, Fields, Person } from '../support/person.ts';

const boundary = '----test-boundary-4f9a';
export const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };

/** The body of a form with a file, its fields before it. */
export function formWith(fields: Fields, file: Buffer | string, name = 'export.zip'): Buffer {
  const parts = Object.entries(fields).map(
    ([field, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(parts.join('') + head),
    Buffer.from(file),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

/** Sends the form of the import page with this file. */
export async function importFile(person: Person, file: Buffer | string): Promise<Answer> {
  const fields = await person.hidden('/account/import');
  return person.ask('post', '/account/import', multipart, formWith(fields, file));
}

/** The line that the page shows after an import that went well. */
export async function imported(person: Person, file: Buffer | string): Promise<string> {
  const answer = await importFile(person, file);
  if (answer.status !== 303) throw new Error(`${answer.status} ${answer.$('.error').text()}`);
  return (await person.get('/account/import')).$('.flash p').text();
}

/** Every row of every mailbox. */
export async function mailboxes(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ all: string }>(
    `select concat((select json_agg(m order by owner_id, id) from messages m),
                   (select json_agg(n order by owner_id, id) from unread n),
                   (select json_agg(d order by owner_id, id) from drafts d)) as all`,
  );
  return rows[0]!.all;
}

/** A temporary folder for this test file alone: others import at the same time. Returns what removes it. */
export function ownTemporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'pm-imports-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true });
}

/** The files that imports keep for a while, and whatever else is there. */
export function filesLeft(): string[] {
  return readdirSync(tmpdir());
}

export function mboxOf(...mails: string[]): string {
  return mails.map((mail) => `From somebody Tue Nov 24 03:27:57 2026\n${mail}\n\n`).join('');
}
