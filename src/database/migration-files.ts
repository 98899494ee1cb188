// Reads migrations/, and migrations/earlier/ with upgrades from earlier versions of a migration.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { StartupError } from '../startup-error.ts';

export interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

const folder = new URL('../../migrations/', import.meta.url);

/** In order. Throws a StartupError on a gap or a duplicate in the numbers. */
export function readMigrations(from: URL = folder): Migration[] {
  return listSql(from).map((name, index) => {
    const number = String(index + 1).padStart(4, '0');
    if (!name.startsWith(`${number}_`)) {
      throw new StartupError(`Migration ${number} is missing: the next file in migrations/ is ${name}.`);
    }
    return { name, ...readSql(new URL(name, from)) };
  });
}

/** The upgrade from the version with this hash, if there is one: files are named NAME.HASH.sql. */
export function readEarlier(sha256: string, from = new URL('earlier/', folder)): string | undefined {
  const name = listSql(from).find((file) => file.endsWith(`.${sha256.slice(0, 12)}.sql`));
  return name && readSql(new URL(name, from)).sql;
}

// Strings with E, other strings, quoted names, dollar quotes; then comments, and what ends a statement.
const tokens =
  /(?<!\w)e'(?:[^'\\]|''|\\.)*'|'[^']*'|"[^"]*"|(\$(?:[a-z_]\w*)?\$).*?\1|--[^\n]*|\/\*.*?\*\/|;|./gis;

/** Does not know nested comments, nor the body of BEGIN ATOMIC. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let statement = '';
  let isEmpty = true;
  for (const token of [...(sql.match(tokens) ?? []), ';']) {
    if (token !== ';') {
      statement += token;
      if (!/^(--|\/\*|\s)/.test(token)) isEmpty = false;
      continue;
    }
    if (!isEmpty) statements.push(statement.trim());
    statement = '';
    isEmpty = true;
  }
  return statements;
}

function listSql(from: URL): string[] {
  return readdirSync(from)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
}

function readSql(file: URL): Pick<Migration, 'sql' | 'sha256'> {
  const sql = readFileSync(file, 'utf8').replaceAll('\r\n', '\n'); // same hash for a checkout on Windows
  return { sql, sha256: createHash('sha256').update(sql).digest('hex') };
}
