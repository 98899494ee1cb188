// The built-in PostgreSQL in the data folder: started, supervised, shared by processes, and stopped.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withTimeout } from '../../concurrency/with-timeout.ts';
import { StartupError } from '../../startup-error.ts';
import { findBinaries } from './binaries.ts';
import { checkMajor, repairCopy } from './copied-folder.ts';
import { isMade, makeDatabase, makeFolder, removeHalfMade } from './data-folder.ts';
import { findPostmaster, startPostmaster, stopPostmaster, type Attempt, type Server } from './postmaster.ts';
import { chooseServerUser } from './server-user.ts';

export interface EmbeddedPostgres {
  connectionString: string;
  stop(): Promise<void>; // unless another process still uses the server
}

/** Starts PostgreSQL in `dataDir/postgres`, or joins the running one. Throws a StartupError. */
export async function startEmbeddedPostgres(
  dataDir: string,
  onError: (error: Error) => void,
): Promise<EmbeddedPostgres> {
  const server = await prepare(dataDir);
  const stopping = new AbortController();
  const presence = await enter(server, stopping.signal);
  const watching = keepRunning(server, presence, stopping.signal, onError);
  return {
    connectionString: `postgres://owner@/postgres?host=${encodeURIComponent(server.folder)}&port=5432&sslmode=disable`,
    async stop() {
      stopping.abort();
      await watching;
      if (!(await isInUse(server))) await stopPostmaster(server.folder);
    },
  };
}

async function prepare(dataDir: string): Promise<Server> {
  makeFolder(dataDir);
  const folder = join(realpathSync(dataDir), 'postgres');
  // The limit of a socket address (unix(7)).
  if (Buffer.byteLength(join(folder, '.s.PGSQL.5432')) > 107)
    throw new StartupError(`The path of DATA_DIR is too long for PostgreSQL's socket: ${dataDir}`);

  const binaries = findBinaries();
  const user = chooseServerUser(binaries, dataDir);
  removeHalfMade(folder);
  if (!isMade(folder)) await makeDatabase(binaries, folder, user);
  checkMajor(folder, binaries);
  if (!findPostmaster(folder)) repairCopy(folder);
  return { binaries, folder, user };
}

/** A permanent connection: marks the server as in use for other processes, and breaks when the server dies. */
interface Presence {
  client: pg.Client;
  broken: Promise<unknown>;
}

async function enter(server: Server, stopping: AbortSignal): Promise<Presence> {
  const deadline = Date.now() + 120_000; // after a crash, PostgreSQL replays its log first
  let attempt: Attempt | undefined;
  let refusals = 0;
  while (Date.now() < deadline && !stopping.aborted) {
    const presence = await connect(server);
    if (presence) return presence;
    if (attempt?.failure && !isTransient(attempt.failure) && ++refusals === 3) break;
    if (!findPostmaster(server.folder) && (!attempt || attempt.failure !== undefined))
      attempt = startPostmaster(server);
    await sleep(100);
  }
  throw new StartupError(
    `PostgreSQL does not start in ${server.folder}: ${attempt?.failure ?? 'it does not answer'}`,
  );
}

/** Another process was faster, or the children of a killed server have not exited yet. */
function isTransient(failure: string): boolean {
  return /lock file|pre-existing shared memory/.test(failure);
}

async function keepRunning(
  server: Server,
  first: Presence,
  stopping: AbortSignal,
  onError: (error: Error) => void,
): Promise<void> {
  const stopped = new Promise((resolve) => stopping.addEventListener('abort', resolve));
  let presence: Presence | undefined = first;
  while (!stopping.aborted) {
    await Promise.race([presence ? presence.broken : sleep(1000), stopped]);
    if (stopping.aborted) break;
    presence = await enter(server, stopping).catch((error: Error) => {
      onError(error);
      return undefined;
    });
  }
  if (presence) await leave(presence);
}

async function leave({ client }: Presence): Promise<void> {
  await withTimeout(
    500,
    client.end().catch(() => {}),
  );
}

async function connect(
  { folder }: Server,
  application_name = 'private-messages',
  patience = 2000,
): Promise<Presence | undefined> {
  const client = new pg.Client({
    host: folder,
    port: 5432,
    user: 'owner',
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: patience,
    query_timeout: patience,
    application_name,
  });
  client.on('error', () => {}); // always followed by `end`
  const broken = new Promise((resolve) => client.once('end', resolve));
  try {
    await client.connect();
    return { client, broken };
  } catch {
    return undefined;
  }
}

/** Retries, because pool.end() does not wait until our own connections are gone. */
async function isInUse(server: Server): Promise<boolean> {
  const presence = await connect(server, 'last one out', 1000);
  if (!presence) return false;
  const others = `select from pg_stat_activity
    where backend_type = 'client backend' and application_name <> 'last one out'`;
  try {
    for (let i = 0; i < 25; i++) {
      if ((await presence.client.query(others)).rowCount === 0) return false;
      await sleep(20);
    }
    return true;
  } catch {
    return false;
  } finally {
    await leave(presence);
  }
}
