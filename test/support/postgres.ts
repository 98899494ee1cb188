// Before all tests: a throwaway PostgreSQL with the template databases.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { openAppPool } from '../../src/database/app-role.ts';
import { migrate } from '../../src/database/migrate.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { registerCast } from './cast.ts';
import { addressOf } from './database.ts';
import type { Schema } from './dialect.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: string;
    /** Where the apps of all tests keep their key. */
    dataDir: string;
    /** The cookies of the people in template_cast. */
    cast: Awaited<ReturnType<typeof registerCast>>;
    schema: Schema;
  }
}

export default async function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'pm-test-'));
  chmodSync(folder, 0o755); // as root, the program runs as a user that needs access
  const server = await startEmbeddedPostgres(folder, console.error);
  const client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
  // What is thrown away needs no safety; the tests that kill PostgreSQL use servers of their own.
  await client.query('alter system set fsync = off');
  // Two who wait for each other are told apart from one who waits before the program gives up (500 ms).
  await client.query(`alter system set deadlock_timeout = '100ms'`);
  await client.query('select pg_reload_conf()');
  await client.query('create database template_migrated');

  const pool = createPool(addressOf(server.connectionString, 'template_migrated'), console.error);
  await migrate(pool);
  await (await openAppPool(pool, pool.options.connectionString!, console.error, console.error)).end();
  project.provide('schema', await readSchema(pool));
  await pool.end();
  await client.query('create database template_cast template template_migrated');
  await client.end();
  project.provide('cast', await registerCast(addressOf(server.connectionString, 'template_cast'), folder));
  project.provide('postgres', server.connectionString);
  project.provide('dataDir', folder);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function readSchema(pool: Pool): Promise<Schema> {
  const { rows } = await pool.query<Schema>(`select
    (select json_object_agg(c.relname, a.attname) from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
       and a.attname in ('owner_id', 'user_id', 'inviter_id', 'reporter_id') and c.relname <> 'operator_log') as owned,
    (select array_agg(distinct proname::text) from pg_proc where provolatile = 's') as stable,
    (select array_agg(distinct proname::text) from pg_proc where provolatile = 'v') as volatile`);
  return rows[0]!;
}
