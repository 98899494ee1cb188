// Writes a backup: one snapshot of the database, streamed into a file while people go on writing.
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { reason } from '../database/embedded/data-folder.ts';
import { tryConnectionLock } from '../database/locks.ts';
import { isDatabaseAway } from '../database/pool.ts';
import { StartupError } from '../startup-error.ts';
import { encryptFor, type Recipient } from './age.ts';
import { withOwner } from './connection.ts';
import {
  asItIs,
  endOfRows,
  RowSum,
  withChecksum,
  type Manifest,
  type TableSum,
  type Trailer,
} from './format.ts';
import { listColumns, listTables } from './schema.ts';

export interface BackupRequest {
  address: string; // of the database, as the owner of its tables
  folder: string;
  recipient?: Recipient; // then it is encrypted
  secretKey?: Buffer;
  onProgress?: (rows: number, table: string) => void | Promise<void>;
  signal?: AbortSignal;
}

export interface Backup {
  file: string;
  madeAt: Date;
  bytes: number;
  sha256: string; // of the file as it is on the disk
  sums: Record<string, TableSum>;
}

/** Throws a StartupError, and then leaves no file. */
export function writeBackup(request: BackupRequest): Promise<Backup> {
  return withOwner(request.address, 'No backup was made', async (client) => {
    if (!(await tryConnectionLock(client, 'backup')))
      throw new StartupError('Another backup of this database is under way. Try again when it has ended.');
    await makeFolder(request.folder);
    await removePartial(request.folder);
    await client.query('begin isolation level repeatable read read only');
    const tables = await listTables(client);
    // Before the snapshot is taken, so that it and the tables have the same schema.
    await client.query(`lock table schema_migrations, ${tables.join(', ')} in access share mode`);
    const manifest = await describe(client, request);
    return writeFile(client, request, manifest, tables);
  });
}

async function describe(client: pg.Client, { secretKey }: BackupRequest): Promise<Manifest> {
  const { rows } = await client.query<Pick<Manifest, 'madeAt' | 'migrations'>>(
    `select to_json(now()) #>> '{}' as "madeAt", json_object_agg(name, sha256 order by name collate "C") as migrations
     from schema_migrations`,
  );
  return { ...rows[0]!, ...(secretKey && { secretKey: secretKey.toString('base64') }) };
}

async function writeFile(
  client: pg.Client,
  { folder, recipient, onProgress = () => {}, signal }: BackupRequest,
  manifest: Manifest,
  tables: string[],
): Promise<Backup> {
  const madeAt = new Date(manifest.madeAt);
  const file = await freeName(folder, madeAt, recipient ? '.backup.age' : '.backup');
  const partial = `${file}${partialEnding}`;
  const sums: Record<string, TableSum> = {};
  const fileSum = createHash('sha256');
  try {
    await pipeline(
      () => text(client, manifest, tables, sums, onProgress),
      createZstdCompress(),
      withChecksum,
      recipient ? encryptFor(recipient) : asItIs,
      (chunks: AsyncIterable<Buffer>) => summed(chunks, fileSum),
      createWriteStream(partial, { mode: 0o600, flush: true }),
      { signal },
    );
    await finish(partial, file, folder);
  } catch (error) {
    await rm(partial, { force: true });
    throw explain(error as NodeJS.ErrnoException, folder);
  }
  const { size: bytes } = await stat(file);
  return { file, madeAt, bytes, sha256: fileSum.digest('hex'), sums };
}

async function* summed(chunks: AsyncIterable<Buffer>, sum: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    sum.update(chunk);
    yield chunk;
  }
}

async function* text(
  client: pg.Client,
  manifest: Manifest,
  tables: string[],
  sums: Record<string, TableSum>,
  onProgress: NonNullable<BackupRequest['onProgress']>,
): AsyncGenerator<Buffer> {
  yield line(manifest);
  let rowsBefore = 0;
  for (const table of tables) {
    const columns = await listColumns(client, table);
    yield line({ table, columns });
    const sum = new RowSum();
    for await (const chunk of client.query(copyTo(`copy ${table} (${columns.join(', ')}) to stdout`))) {
      sum.add(chunk as Buffer);
      yield chunk as Buffer;
      await onProgress(rowsBefore + sum.rows, table);
    }
    yield Buffer.from(endOfRows);
    sums[table] = sum.result();
    rowsBefore += sum.rows;
  }
  yield line({ sums } satisfies Trailer);
}

function line(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

const partialEnding = '.partial';

/** By time, in UTC: sorting by name sorts by time. */
async function freeName(folder: string, madeAt: Date, ending: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  for (let at = madeAt.getTime(); ; at += 1000) {
    const time = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const name = `private-messages-${time}${ending}`;
    if (!taken.has(name)) return join(folder, name);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, folder);
  }
}

/** What a killed process left. */
async function removePartial(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^private-messages-\d+T\d+Z\.backup/.test(name) && name.endsWith(partialEnding))
      await rm(join(folder, name), { force: true });
}

/** The name appears once the whole file is on the disk. Root leaves it to the owner of the folder. */
async function finish(partial: string, file: string, folder: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  if (process.getuid?.() === 0) await chown(partial, uid, gid);
  await rename(partial, file);
  const descriptor = await open(folder);
  await descriptor.sync().finally(() => descriptor.close());
}

function explain(error: NodeJS.ErrnoException, folder: string): Error {
  if (error.name === 'AbortError') return new StartupError('No backup was made: it was interrupted.');
  const isOfFile = error.path?.startsWith(folder) ?? (error.syscall && !isDatabaseAway(error));
  if (!isOfFile) return error;
  return new StartupError(`No backup was made: ${folder} cannot be written to: ${reason(error)}.`);
}
