// Restores a backup into an empty database, in one transaction: all of it, or nothing.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { runMigrations } from '../database/migrate.ts';
import { readMigrations } from '../database/migration-files.ts';
import { StartupError } from '../startup-error.ts';
import { withOwner } from './connection.ts';
import { replayDeletions, type Deletion, type Replayed } from './deletions.ts';
import { RowSum, type Manifest, type TableStart, type TableSum } from './format.ts';
import { checkFile, readBackup, type Source } from './read.ts';
import { dropSchema, listTables, setAside } from './schema.ts';

export interface RestoreRequest extends Source {
  address: string; // of the database, as the owner of its tables
  tell: (line: string) => void;
  deletions?: Deletion[] | undefined; // to delete again
  /** Before the end of the transaction. */
  finish: (client: pg.Client, restored: Restored) => Promise<void>;
}

export interface Restored {
  madeAt: string;
  sums: Record<string, TableSum>; // as read back from the database
  migrationsRun: number; // after those of the backup
  secretKey: Buffer | undefined;
  deletedAgain: Replayed | undefined;
}

/** Throws a StartupError, and then the database is as it was. */
export async function restoreBackup({
  address,
  tell,
  deletions,
  finish,
  ...source
}: RestoreRequest): Promise<Restored> {
  tell(`Checking ${source.file}.`);
  await checkFile(source);
  return withOwner(address, 'Nothing was restored', async (client) => {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('private-messages migrations'))`);
    await refuseUnlessEmpty(client);
    const loaded = await load(client, source, tell);
    const deletedAgain = deletions && (await replayDeletions(client, deletions, loaded.madeAt));
    const restored = { ...loaded, deletedAgain };
    await finish(client, restored);
    await client.query('commit');
    await client.query('analyze');
    return restored;
  });
}

async function load(
  client: pg.Client,
  source: Source,
  tell: (line: string) => void,
): Promise<Omit<Restored, 'deletedAgain'>> {
  let manifest: Manifest | undefined;
  let later: ReturnType<typeof readMigrations> = [];
  let makeAgain: string[] = [];
  const sums: Record<string, TableSum> = {};
  const { sums: expected } = await readBackup(source, {
    onManifest: async (read) => {
      manifest = read;
      const all = readMigrations();
      later = all.splice(countKnown(read));
      await dropSchema(client);
      await runMigrations(client, all);
      const tables = await listTables(client);
      await client.query(`truncate ${tables.join(', ')} cascade`);
      makeAgain = await setAside(client, tables);
    },
    onTable: async (start, rows) => {
      tell(`Restoring ${start.table}.`);
      sums[start.table] = await loadTable(client, start, rows);
    },
  });
  const other = Object.keys(expected).find((table) => !isDeepStrictEqual(sums[table], expected[table]));
  if (other !== undefined)
    throw new StartupError(
      `The database returns other rows of ${other} than the file has. Nothing was restored.`,
    );
  tell('Making indexes.');
  for (const statement of makeAgain) await client.query(statement);
  await runMigrations(client, later);
  const { madeAt, secretKey } = manifest!;
  return {
    madeAt,
    sums,
    migrationsRun: later.length,
    secretKey: secretKey === undefined ? undefined : Buffer.from(secretKey, 'base64'),
  };
}

/** Returns what can be read back. */
async function loadTable(
  client: pg.Client,
  { table, columns }: TableStart,
  rows: AsyncIterable<Buffer>,
): Promise<TableSum> {
  const place = `${table} (${columns.join(', ')})`;
  await pipeline(Readable.from(rows), client.query(copyFrom(`copy ${place} from stdin`)));
  const sum = new RowSum();
  for await (const chunk of client.query(copyTo(`copy ${place} to stdout`))) sum.add(chunk as Buffer);
  return sum.result();
}

/** How many of our migrations the backup has: its schema is the one that they make. */
function countKnown({ migrations }: Manifest): number {
  const ours = readMigrations();
  for (const [index, [name, sha256]] of Object.entries(migrations).entries()) {
    if (ours[index]?.name !== name)
      throw new StartupError(
        `The backup has migration ${name}, which this version lacks: use the version that made it, or a later one.`,
      );
    if (ours[index].sha256 !== sha256)
      throw new StartupError(`The backup was made with another migration ${name} than this version has.`);
  }
  return Object.keys(migrations).length;
}

async function refuseUnlessEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ isEmpty: boolean }>(
    `select not exists (select from users) and not exists (select from usernames_used) as "isEmpty"`,
  );
  if (!rows[0]!.isEmpty)
    throw new StartupError(
      'The database is not empty: somebody has registered there. Restore into a new one. Nothing was changed.',
    );
}
