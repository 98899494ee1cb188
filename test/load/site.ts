// A PostgreSQL for the bench, and the programs on it; all end together.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { planning } from '../../src/database/session-settings.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { launchTarget, type Target } from './target.ts';

export interface Site {
  /** The first process of PostgreSQL. */
  postmaster: number;
  folder: string;
  /** The address of a database: an empty one, or the one that is there from the last time. */
  database(name: string, options?: { isKept: boolean }): Promise<{ address: string; isNew: boolean }>;
  /** The product on a database. */
  app(address: string, settings?: Record<string, string>): Promise<Target>;
  program(file: string, settings: Record<string, string>): Promise<Target>;
  /** Connections of the bench's own; they end with the site. */
  pool(address: string): pg.Pool;
  close(): Promise<void>;
}

const noLimits = {
  SENDS_PER_MINUTE: '1000000',
  NEW_PEOPLE_PER_DAY: '1000000',
  LOGINS_PER_MINUTE: '1000000',
  MAILBOX_MESSAGES: '1000000',
};

/** In a folder that stays, or in one that is removed at the end. */
export async function openSite(kept?: string): Promise<Site> {
  if (kept) mkdirSync(kept, { recursive: true });
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'pm-bench-'));
  const postgres = await startEmbeddedPostgres(folder, console.error);
  const ends: (() => Promise<unknown>)[] = [];
  const pool = (address: string) => {
    // Plans as the product gets them, without its limits of time.
    const options = Object.entries(planning)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' ');
    const made = new pg.Pool({ connectionString: address, options });
    made.on('error', () => {}); // it ends together with the server
    ends.push(() => made.end());
    return made;
  };
  const server = pool(postgres.connectionString);
  const program = async (file: string, settings: Record<string, string>) => {
    const target = await launchTarget(file, settings);
    ends.unshift(() => target.end());
    return target;
  };
  return {
    postmaster: Number.parseInt(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8'), 10),
    folder,
    database: async (name, { isKept } = { isKept: false }) => {
      if (!isKept) await server.query(`drop database if exists ${name} with (force)`);
      const { rowCount } = await server.query('select from pg_database where datname = $1', [name]);
      if (!rowCount) await server.query(`create database ${name}`);
      return { address: postgres.connectionString.replace('/postgres?', `/${name}?`), isNew: !rowCount };
    },
    app: (address, settings) =>
      program('src/start.js', { DATABASE_URL: address, DATA_DIR: folder, ...noLimits, ...settings }),
    program,
    pool,
    close: async () => {
      for (const end of ends) await end();
      await postgres.stop();
      if (!kept) rmSync(folder, { recursive: true, force: true });
    },
  };
}
