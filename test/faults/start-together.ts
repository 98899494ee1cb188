// Several processes start concurrently on an empty database.
import { randomBytes } from 'node:crypto';
import { readMigrations } from '../../src/database/migration-files.ts';
import pg from 'pg';
import { calmSettings } from '../support/app.ts';
import { freePort, launch, ready, usualStart, type Program } from '../support/program.ts';
import { atTheEnd, mayBegin } from './cleanup.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

export async function startTogether(
  site: Site,
  { times, together }: { times: number; together: number },
): Promise<Outcome> {
  const wrong: string[] = [];
  let slowest = 0;
  for (let time = 0; time < times; time++) {
    const name = `together_${randomBytes(4).toString('hex')}`;
    await site.withDatabase((db) => db.query(`create database ${name} template template0`));
    slowest = Math.max(slowest, await startOn(addressOf(site, name), together, wrong));
    await site.withDatabase((db) => db.query(`drop database ${name} with (force)`));
  }
  return {
    tries: times,
    lost: 0,
    duplicated: 0,
    wrong,
    note: `${together} at once, all ready within ${(slowest / 1000).toFixed(1)} s`,
  };
}

function addressOf(site: Site, name: string): string {
  return `postgres://owner@/${name}?host=${encodeURIComponent(`${site.dataDir}/postgres`)}&port=5432&sslmode=disable`;
}

/** Starts and ends all; returns how long it took until all of them could serve. */
async function startOn(databaseUrl: string, together: number, wrong: string[]): Promise<number> {
  const startedAt = performance.now();
  const ports: string[] = [];
  while (ports.length < together) ports.push(String(await freePort()));
  const programs: Program[] = [];
  const endAll = atTheEnd(async () => {
    for (const program of programs) program.process.kill('SIGKILL');
    await Promise.all(programs.map(({ ended }) => ended));
  });
  try {
    mayBegin();
    const settings = { ...calmSettings, DATABASE_URL: databaseUrl };
    programs.push(...(await Promise.all(ports.map((port) => launch({ ...settings, PORT: port })))));
    await Promise.all(programs.map((program) => ready(program)));
    const ms = performance.now() - startedAt;
    const db = new pg.Client({ connectionString: databaseUrl });
    await db.connect();
    const applied = await db.query<{ name: string; sha256: string }>(
      'select name, sha256 from schema_migrations order by name',
    );
    const keys = await db.query('select from signing_keys');
    await db.end();
    const known = readMigrations().map(({ name, sha256 }) => ({ name, sha256 }));
    if (JSON.stringify(applied.rows) !== JSON.stringify(known)) wrong.push('not every migration ran once');
    if (keys.rowCount !== 1) wrong.push(`there are ${keys.rowCount} signing keys`);
    const ends = await Promise.all(programs.map((program) => program.end()));
    for (const { code } of ends) if (code !== 0) wrong.push(`a process ended with ${code}`);
    for (const program of programs)
      if (!usualStart('(private-messages: waiting [^\n]+\n)?').test(program.stderr()))
        wrong.push(program.stderr().slice(0, 300));
    return ms;
  } catch (error) {
    wrong.push((error as Error).message.slice(0, 300));
    return 0;
  } finally {
    await endAll();
  }
}
