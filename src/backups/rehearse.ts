// Rehearses a restore: the newest backup, into a PostgreSQL that is thrown away, compared row by row.
import { mkdir, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import type { Config } from '../config.ts';
import { findBinaries } from '../database/embedded/binaries.ts';
import { startEmbeddedPostgres } from '../database/embedded/embedded.ts';
import { stopPostmaster } from '../database/embedded/postmaster.ts';
import { findDatabaseSize } from '../database/size.ts';
import { tryConnectionLock } from '../database/locks.ts';
import { migrate } from '../database/migrate.ts';
import { createPool, type Pool } from '../database/pool.ts';
import { writeFact } from '../database/site-facts.ts';
import { bytesInWords } from '../in-words.ts';
import { StartupError } from '../startup-error.ts';
import { withOwner } from './connection.ts';
import { databaseNow, type RehearsalFact } from './facts.ts';
import { restoreBackup, type Restored } from './restore.ts';
import type { Source } from './read.ts';

export interface RehearsalRequest extends Source {
  pool: Pool;
  address: string; // of the site's database, as the owner of its tables
  config: Pick<Config, 'dataDir'>;
  tell: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Writes the fact. Throws a StartupError if the backup could not be restored. */
export async function rehearse(request: RehearsalRequest): Promise<Restored> {
  const { pool, address, file } = request;
  const write = async (failure: string | null) =>
    writeFact(pool, 'rehearsal', {
      at: (await databaseNow(pool)).toISOString(),
      file: basename(file),
      failure,
    } satisfies RehearsalFact);
  return withOwner(address, 'The rehearsal failed', async (client) => {
    if (!(await tryConnectionLock(client, 'rehearsal')))
      throw new StartupError('Another rehearsal is under way. Try again when it has ended.');
    const bytes = await findDatabaseSize(client);
    try {
      const restored = await withThrowawayDatabase(request, bytes, (place) =>
        Promise.race([restoreInto(place, request), untilAborted(request.signal)]),
      );
      await write(null);
      return restored;
    } catch (error) {
      if (!request.signal?.aborted) await write((error as Error).message);
      throw error;
    }
  });
}

function untilAborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new StartupError('The rehearsal was interrupted.')));
  });
}

async function restoreInto(address: string, { file, identity, tell }: RehearsalRequest): Promise<Restored> {
  const pool = createPool(address, () => {});
  await migrate(pool).finally(() => pool.end());
  return restoreBackup({ address, file, identity, tell, finish: async () => {} });
}

type Work<T> = (address: string) => Promise<T>;

/** The built-in PostgreSQL; without it, as in a container, another database on the same server. */
async function withThrowawayDatabase<T>(
  { config, address }: RehearsalRequest,
  bytes: number,
  work: Work<T>,
): Promise<T> {
  if (!hasBinaries()) return withDatabaseBeside(address, work);
  // Not removed itself: the program's own user may not be able to make it again.
  const folder = join(config.dataDir, 'rehearsal');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await refuseWithoutSpace(folder, bytes);
  const data = join(folder, 'postgres');
  const clear = async () => {
    await stopPostmaster(data); // of a rehearsal that was killed, too
    await rm(data, { recursive: true, force: true, maxRetries: 10 });
  };
  await clear();
  try {
    const server = await startEmbeddedPostgres(folder, () => {});
    return await work(server.connectionString).finally(() => server.stop());
  } finally {
    await clear();
  }
}

function hasBinaries(): boolean {
  try {
    findBinaries();
    return true;
  } catch {
    return false;
  }
}

async function refuseWithoutSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, 1.5 * bytes + 100_000_000];
  if (free < needed)
    throw new StartupError(
      `The rehearsal needs ${bytesInWords(needed)} of space in ${folder}, and ${bytesInWords(free)} are left.`,
    );
}

const temporaryName = 'private_messages_rehearsal';
const lacksRight = '42501';

async function withDatabaseBeside<T>(address: string, work: Work<T>): Promise<T> {
  const client = new pg.Client({ connectionString: address });
  client.on('error', () => {});
  await client.connect();
  const drop = () => client.query(`drop database if exists ${temporaryName} with (force)`);
  try {
    await drop();
    await client.query(`create database ${temporaryName} encoding 'UTF8' template template0`);
    return await work(address.replace(/^(\w+:\/\/[^/?]*\/)[^?]*/, `$1${temporaryName}`)).finally(drop);
  } catch (error) {
    if ((error as { code?: string }).code !== lacksRight) throw error;
    throw new StartupError(
      'A rehearsal needs a database to throw away, and the user in DATABASE_URL may not create one: let an ' +
        'administrator run alter role "USER" createdb, or run the rehearsal where the built-in PostgreSQL is ' +
        'installed.',
    );
  } finally {
    await client.end();
  }
}
