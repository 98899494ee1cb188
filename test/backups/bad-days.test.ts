// Whatever goes wrong ends with one clear sentence, and leaves nothing half done.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { withoutChecksum } from '../../src/backups/format.ts';
import { restoreBackup } from '../../src/backups/restore.ts';
import { writeBackup } from '../../src/backups/write.ts';
import { createPool } from '../../src/database/pool.ts';
import { runOperator } from '../operator/command.ts';
import { isRoot } from '../start/site.ts';
import { cast } from '../support/cast.ts';
import { createDatabase } from '../support/database.ts';
import { projectFolder } from '../support/program.ts';
import { startStallingServer } from './stalling-server.ts';

let folder: string;
let file: string;
const { app, alice } = await cast();
const address = app.databaseUrl;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-bad-days-'));
  await alice.send('bob', 'Before the bad day');
  ({ file } = await writeBackup({ address, folder }));
  // More than buffers hold.
  await app.pool.query(
    `insert into nonces (digest) select sha256(n::text::bytea) from generate_series(1, 60000) n`,
  );
});
beforeEach(() => {
  for (const name of listOthers()) rmSync(join(folder, name));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

const listOthers = () => readdirSync(folder).filter((name) => join(folder, name) !== file);
const sentenceOf = (work: Promise<unknown>) =>
  work.then(
    () => 'It went well.',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const restoreInto = (database: string, from = file) =>
  sentenceOf(restoreBackup({ address: database, file: from, tell: () => {}, finish: async () => {} }));

async function expectEmpty(database: string): Promise<void> {
  const pool = createPool(database, () => {});
  expect((await pool.query('select from users')).rowCount).toBe(0);
  expect((await pool.query('select from schema_migrations')).rowCount).toBeGreaterThan(27);
  expect((await pool.query('select from signing_keys')).rowCount).toBe(0);
  await pool.end();
}

describe('a backup', () => {
  test('beside another one ends', async () => {
    let other: string | undefined;
    const first = writeBackup({
      address,
      folder,
      onProgress: async () => {
        other ??= await sentenceOf(writeBackup({ address, folder }));
      },
    });
    await first;
    expect(other).toBe(
      'StartupError: Another backup of this database is under way. Try again when it has ended.',
    );
    expect(listOthers()).toHaveLength(1);
  });

  test('of a database that goes away leaves no file', async () => {
    const server = await startStallingServer(address, 1_000_000);
    onTestFinished(server.close);
    const work = sentenceOf(writeBackup({ address: server.address, folder }));
    await server.stalled;
    expect(listOthers()).toEqual([expect.stringMatching(/\.partial$/)]);
    server.cut();
    expect(await work).toBe('StartupError: No backup was made: the connection to the database was lost.');
    expect(listOthers()).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('of a process that gets %s leaves no file', async (signal) => {
    const server = await startStallingServer(address, 1_500_000);
    onTestFinished(server.close);
    const child = spawn(
      process.execPath,
      [join(projectFolder, 'src/operator/run.ts'), 'backup', '--to', folder],
      { cwd: '/', env: { DATABASE_URL: server.address }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let words = '';
    child.stderr.on('data', (data: Buffer) => (words += String(data)));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await server.stalled;
    await expect.poll(listOthers).toEqual([expect.stringMatching(/\.partial$/)]);
    child.kill(signal);
    await ended;
    if (signal === 'SIGTERM') {
      expect(words).toBe('private-messages: No backup was made: it was interrupted.\n');
      expect(listOthers()).toEqual([]);
    } else await expect.poll(() => sentenceOf(writeBackup({ address, folder }))).toBe('It went well.');
    expect(listOthers().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('on a full disk leaves no file', async () => {
    const inside = [
      `mount -t tmpfs -o size=256k full "${folder}" && cd / &&`,
      `"${process.execPath}" "${join(projectFolder, 'src/operator/run.ts')}" backup --to "${folder}"; ls -A "${folder}"`,
    ].join(' ');
    const { stdout, stderr } = spawnSync(
      'unshare',
      [...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', '-c', inside],
      {
        env: { DATABASE_URL: address, PATH: process.env.PATH },
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe(
      `private-messages: No backup was made: ${folder} cannot be written to: the disk is full.\n`,
    );
    expect(stdout).toBe('');
  });

  test('into a folder that cannot be made ends', async () => {
    expect(await sentenceOf(writeBackup({ address, folder: '/proc/backups' }))).toMatch(
      /^StartupError: No backup was made: \/proc\/backups cannot be written to: .*\.$/,
    );
  });
});

describe('a restore', () => {
  let empty: string;
  beforeAll(async () => {
    empty = await createDatabase();
  });

  test.each([
    [
      'of a file of a newer version',
      'private-messages backup 2\n',
      /made by a newer version of this program: use/,
    ],
    ['of another file', 'GIF89a', /^StartupError: The file is not a backup of this program\.$/],
    ['of an empty file', '', /^StartupError: The file is not a backup of this program\.$/],
  ])('%s changes nothing', async (_, start, words) => {
    const other = join(folder, 'other');
    writeFileSync(other, start + 'x'.repeat(200 * Math.sign(start.length)));
    expect(await restoreInto(empty, other)).toMatch(words);
    await expectEmpty(empty);
  });

  test('of a missing file ends', async () => {
    expect(await restoreInto(empty, '/nowhere/file')).toMatch(
      /^StartupError: \/nowhere\/file cannot be read: /,
    );
  });

  test('of a file with a migration that this version lacks changes nothing', async () => {
    const insert = `insert into schema_migrations (name, sha256) values ('9999_future.sql', 'x')`;
    await app.pool.query(insert);
    const { file: newer } = await writeBackup({ address, folder });
    await app.pool.query(`delete from schema_migrations where name = '9999_future.sql'`);
    expect(await restoreInto(empty, newer)).toBe(
      'StartupError: The backup has migration 9999_future.sql, which this version lacks: use the version that made ' +
        'it, or a later one.',
    );
    await expectEmpty(empty);
  });

  test('of a file with one flipped bit, anywhere, or cut off anywhere, changes nothing', async () => {
    const whole = readFileSync(file);
    const read = (bytes: Buffer) =>
      sentenceOf(
        Array.fromAsync(withoutChecksum(Readable.from([bytes.subarray(0, 900), bytes.subarray(900)]))),
      );
    expect(await read(whole)).toBe('It went well.');
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      expect(await read(changed), `byte ${at}`).toMatch(/^StartupError: The file (is|was) /);
      expect(await read(whole.subarray(0, at)), `${at} bytes`).toMatch(/^StartupError: The file is /);
    }
    const changed = join(folder, 'changed');
    whole[whole.length >> 1]! ^= 1;
    writeFileSync(changed, whole);
    expect(await restoreInto(empty, changed)).toBe(
      'StartupError: The file is damaged or incomplete. Nothing was changed. Use another backup.',
    );
    await expectEmpty(empty);
  });

  test('into a database that is not empty changes nothing', async () => {
    const before = (await app.pool.query('select id from messages order by id')).rows;
    expect(await restoreInto(address)).toBe(
      'StartupError: The database is not empty: somebody has registered there. Restore into a new one. Nothing was changed.',
    );
    expect((await app.pool.query('select id from messages order by id')).rows).toEqual(before);
  });

  test('while the program runs changes nothing', async () => {
    const ended = await runOperator({ DATABASE_URL: address }, ['restore', file]);
    expect(ended).toMatchObject({
      code: 1,
      err: 'private-messages: The program is running. Stop it on all machines, then try again.\n',
    });
  });

  test('over a connection that is cut leaves the database empty', async () => {
    const { file: large } = await writeBackup({ address, folder });
    const database = await createDatabase();
    const server = await startStallingServer(database, 1_000_000);
    onTestFinished(server.close);
    const work = restoreInto(server.address, large);
    await server.stalled;
    server.cut();
    expect(await work).toBe('StartupError: Nothing was restored: the connection to the database was lost.');
    await expectEmpty(database);
  });
});
