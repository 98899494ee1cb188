// A database for one test file, copied from the migrated one.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** The address of another database on the same server. */
export function addressOf(server: string, database: string): string {
  return server.replace(/\/[^/?]*(\?|$)/, `/${database}$1`);
}

/** The address of a new database; `template0` for one without any tables. */
export async function createDatabase(template = 'template_migrated'): Promise<string> {
  const server = inject('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  // Two copies at once of one template are refused by PostgreSQL: one after the other, whichever test file asks.
  await client.query('select pg_advisory_lock(42)');
  await client.query(`create database ${name} template ${template}`);
  await client.end();
  return addressOf(server, name);
}

/** The address of a copy of a database to which nobody is connected. */
export function copyDatabase(address: string): Promise<string> {
  return createDatabase(/([^/?]*)(?:\?.*)?$/.exec(address)![1]);
}
