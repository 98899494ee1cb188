// Imports as a browser sends them, and their results.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../../src/database/pool.ts';
import type { Answer, Fields, Person } from '../../support/person.ts';

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

/** What the page says of the import that has ended: its result, and what could not be taken as it was. */
function resultOn({ $ }: Answer): string {
  const sentences = $('.result .points > li')
    .toArray()
    .map((point) => $(point).clone().children().remove().end().text().trim());
  return [$('.result h2 + p').text(), ...sentences].join(' ');
}

/** Waits, as a browser without a script does, until the import has ended. */
export async function resultOf(person: Person, withinMs = 60_000): Promise<string> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const page = await person.get('/account/import');
    if (page.$('[data-import=ended]').length > 0) return resultOn(page);
    if (page.$('[data-import=running]').length === 0)
      throw new Error(`No import: ${page.status} ${page.text}`);
    if (Date.now() > deadline)
      throw new Error(`The import is still running: ${page.$('[data-words]').text()}`);
    await sleep(20);
  }
}

/** Imports a file; what the page says in the end. */
export async function imported(person: Person, file: Buffer | string): Promise<string> {
  const answer = await importFile(person, file);
  if (answer.status !== 303) throw new Error(`${answer.status} ${answer.$('.error').text()}`);
  return resultOf(person);
}

/** Tries to import a file; why it is refused, by the answer itself or after the file has been looked at. */
export async function refusalOf(person: Person, file: Buffer | string): Promise<string> {
  const answer = await importFile(person, file);
  if (answer.status === 422) return answer.$('#file-error').text();
  if (answer.status !== 303) throw new Error(`${answer.status} ${answer.text}`);
  const said = await resultOf(person);
  if ((await person.get('/account/import')).$('.result .error').length === 0) throw new Error(said);
  return said;
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

/** A data folder for this test file alone: others import at the same time. */
export function ownDataFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'pm-imports-'));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** The files that imports keep for a while, and whatever else is there. */
export function filesLeft(folder: string): string[] {
  return readdirSync(join(folder, 'uploads'));
}

export function mboxOf(...mails: string[]): string {
  return mails.map((mail) => `From somebody Tue Nov 24 03:27:57 2026\n${mail}\n\n`).join('');
}
