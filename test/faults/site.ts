// The site under test: two processes on a PostgreSQL of their own, behind a real nginx if there is one.
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createPool } from '../../src/database/pool.ts';
import { benchSite, makePeople, type BenchPerson } from '../load/data.ts';
import { postgresIn, signal } from '../support/postgres-processes.ts';
import { calmSettings } from '../support/app.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { freePort, launch, ready, type Program } from '../support/program.ts';
import { pathOf } from '../support/required.ts';
import { atTheEnd, mayBegin } from './cleanup.ts';
import { openClient, type Client } from './client.ts';

export interface Site {
  /** Where people go: nginx, or without it either process. */
  addresses: string[];
  /** The processes themselves; the addresses stay when one is started again. */
  apps: Program[];
  nginx: Nginx | undefined;
  dataDir: string;
  /** Signed in, all of them. */
  people: BenchPerson[];
  client(index: number): Client;
  /** Ends a process and waits for it. Whichever ends without this has crashed. */
  end(index: number, name: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  /** Starts it again; returns after how many milliseconds it was ready. */
  startAgain(index: number): Promise<number>;
  /** A connection of one's own to the database, for as long as `use` takes. */
  withDatabase<T>(use: (db: pg.Client) => Promise<T>): Promise<T>;
  /** What all processes have logged. */
  logs(): string;
  /** Which processes ended though nobody ended them. */
  crashes(): string[];
  close(): Promise<void>;
}

export interface SiteOptions {
  people?: number;
  /** Where the data is, and how to get there, where that is not simply a folder. */
  place?: { folder: string; seenFromHere: string; prefix: string[] };
}

/** So many connections each process has to the database. */
export const poolSize = createPool('postgres://nowhere', () => {}).options.max;

export async function openSite({ people: count = 220, place }: SiteOptions = {}): Promise<Site> {
  const folder = place?.folder ?? mkdtempSync(join(tmpdir(), 'pm-faults-'));
  if (!place) chmodSync(folder, 0o755); // PostgreSQL may run as another user
  const dataDir = join(folder, 'data');
  const settings = {
    ...calmSettings,
    SENDS_PER_MINUTE: '1000000',
    LOG_LEVEL: 'info',
    TRUST_PROXY: '1',
    PUBLIC_URL: benchSite.publicUrl,
    REGISTRATION: 'open',
  };
  const ports = [String(await freePort()), String(await freePort())];
  const everStarted: Program[] = [];
  const crashed: string[] = [];
  const isAsked = new Set<Program>();

  const begin = async (index: number): Promise<Program> => {
    mayBegin();
    const program = await launch(
      { ...settings, DATA_DIR: dataDir, PORT: ports[index]! },
      { prefix: place?.prefix ?? [] },
    );
    everStarted.push(program);
    void program.ended.then(({ code, signal: name }) => {
      if (!isAsked.has(program))
        crashed.push(
          `process ${index + 1} ended by itself (${name ?? code}): ${program.stderr().slice(-500)}`,
        );
    });
    return program;
  };

  const apps: Program[] = [];
  let nginx: Nginx | undefined;
  const close = atTheEnd(async () => {
    await nginx?.close();
    for (const program of everStarted) {
      isAsked.add(program);
      program.process.kill('SIGKILL');
      await program.ended;
    }
    for (const pid of postgresIn(folder)) signal(pid, 'SIGKILL');
    if (!place) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  try {
    for (const index of [0, 1]) apps[index] = await begin(index);
    for (const app of apps) await ready(app);
    if (pathOf('nginx')) nginx = await startNginx(apps[0]!.url, alsoTo(apps));
    const address = {
      host: join(place?.seenFromHere ?? folder, 'data', 'postgres'),
      user: 'owner',
      database: 'postgres',
    };
    const withDatabase = async <T>(use: (db: pg.Client) => Promise<T>): Promise<T> => {
      const db = new pg.Client({ ...address, application_name: 'the one who looks' });
      db.on('error', () => {}); // lost when the server is killed; the next statement fails then
      await db.connect();
      try {
        return await use(db);
      } finally {
        await db.end().catch(() => {});
      }
    };
    // Found out sooner than the program gives up a lock: else no deadlock would ever be counted.
    await withDatabase((db) => db.query(`alter system set deadlock_timeout = '100ms'`));
    await withDatabase((db) => db.query('select pg_reload_conf()'));
    const pool = new pg.Pool({ ...address, max: 1 });
    const people = await makePeople(pool, count).finally(() => pool.end());
    const addresses = nginx ? [nginx.url] : apps.map(({ url }) => url);
    return {
      addresses,
      apps,
      nginx,
      dataDir,
      people,
      client: (index) => openClient(addresses, people[index]!, index),
      end: async (index, name) => {
        isAsked.add(apps[index]!);
        return apps[index]!.end(name);
      },
      startAgain: async (index) => {
        const startedAt = performance.now();
        apps[index] = await begin(index);
        await ready(apps[index]);
        return performance.now() - startedAt;
      },
      withDatabase,
      logs: () => everStarted.map((program) => program.stdout() + program.stderr()).join('\n'),
      crashes: () => crashed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The shipped upstream names the app once, and Docker answers with every copy's address; here they are listed. */
function alsoTo(apps: Program[]): Record<string, string> {
  const [first, second] = apps.map(({ url }) => `server ${new URL(url).host} `);
  return Object.fromEntries(
    ['max_fails=1 fail_timeout=3s;', 'max_fails=0 backup;'].map((how) => [
      first + how,
      `${first}${how} ${second}${how}`,
    ]),
  );
}
