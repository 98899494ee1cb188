// The files in migrations/, and those in migrations/earlier/ that lead from an earlier text of one to the present one.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { StartupError } from '../startup-error.ts';

export interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

const folder = new URL('../../migrations/', import.meta.url);

/** All migrations in order; throws a StartupError when their numbers have a gap or a double. */
export function readMigrations(from: URL = folder): Migration[] {
  return listSql(from).map((name, index) => {
    const number = String(index + 1).padStart(4, '0');
    if (!name.startsWith(`${number}_`)) {
      throw new StartupError(`Migration ${number} is missing: the next file in migrations/ is ${name}.`);
    }
    return { name, ...readSql(new URL(name, from)) };
  });
}

/** What leads from the text with this hash to the present one, if it is known: files are named NAME.HASH.sql. */
export function readEarlier(sha256: string, from = new URL('earlier/', folder)): string | undefined {
  const name = listSql(from).find((file) => file.endsWith(`.${sha256.slice(0, 12)}.sql`));
  return name && readSql(new URL(name, from)).sql;
}

function listSql(from: URL): string[] {
  return readdirSync(from)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
}

/** The same on every system: a checkout on Windows may have changed the ends of lines. */
function readSql(file: URL): Pick<Migration, 'sql' | 'sha256'> {
  const sql = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  return { sql, sha256: createHash('sha256').update(sql).digest('hex') };
}
