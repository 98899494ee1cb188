// The tables of a backup, and the schema made anew for a restore.
import type pg from 'pg';
import { readMigrations } from '../database/migration-files.ts';

/** Nobody misses their rows: sessions that ended since stay ended; jobs and counters belong to a running program. */
export const leftOut = ['sessions', 'reset_links', 'exports', 'imports', 'rate_limits', 'error_counts'];

/** Those that migrations made, and nothing else in the same schema; first the one to which the others refer. */
export async function listTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relkind in ('r', 'p') and c.relname = any ($1)
       and c.relnamespace = (select relnamespace from pg_class where oid = 'schema_migrations'::regclass)
     order by c.relname <> 'users', c.relname`,
    [namesMade('table')],
  );
  return rows.map(({ name }) => name).filter((name) => !leftOut.includes(name));
}

/** Without generated columns, which PostgreSQL fills itself. */
export async function listColumns(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}

export async function dropSchema(client: pg.Client): Promise<void> {
  for (const kind of ['view', 'table', 'function'] as const)
    for (const name of namesMade(kind)) await client.query(`drop ${kind} if exists ${name} cascade`);
  await client.query('truncate schema_migrations');
}

function namesMade(kind: 'view' | 'table' | 'function'): string[] {
  const made = new RegExp(
    `\\bcreate (?:or replace )?${kind} (\\w+)|\\balter ${kind} \\w+ rename to (\\w+)`,
    'g',
  );
  const all = readMigrations()
    .map(({ sql }) => sql)
    .join('\n');
  return [...new Set([...all.matchAll(made)].map(([, name, other]) => (name ?? other)!))];
}

interface Aside {
  drop: string;
  make: string;
}

/**
 * Takes away what is made faster, or can be made only, when all rows are there: indexes, foreign keys, and constraints
 * that older rows need not meet. Returns the statements that make them again.
 */
export async function setAside(client: pg.Client, tables: string[]): Promise<string[]> {
  const { rows } = await client.query<Aside>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make
     from pg_constraint where conrelid = any ($1::text[]::regclass[]) and (contype = 'f' or not convalidated)
     union all
     select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
     from pg_index i where indrelid = any ($1::text[]::regclass[])
       and not exists (select from pg_constraint where conindid = i.indexrelid)`,
    [tables],
  );
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ make }) => make);
}
