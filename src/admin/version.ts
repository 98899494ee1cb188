// Which versions run: of the program, its schema, Node and PostgreSQL.
import { readFileSync } from 'node:fs';
import type { Database } from '../database/pool.ts';

export interface Versions {
  version: string;
  schema: string; // the newest migration
  node: string;
  postgresql: string;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export async function findVersions(db: Database): Promise<Versions> {
  const { rows } = await db.query<{ schema: string; postgresql: string }>(
    `select max(name collate "C") as schema, split_part(current_setting('server_version'), ' ', 1) as postgresql
     from schema_migrations`,
  );
  const { schema, postgresql } = rows[0]!;
  return { version, schema: schema.replace('.sql', ''), node: process.versions.node, postgresql };
}
