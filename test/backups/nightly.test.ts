// The nightly run: one backup a night whatever the clock does, which ones are kept, rehearsals, and notices.
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findHealth } from '../../src/admin/health/health.ts';
import type { BackupCheckFact } from '../../src/backups/facts.ts';
import { listSurplus, type NamedBackup } from '../../src/backups/kept.ts';
import { runNightly } from '../../src/backups/nightly.ts';
import { isBackupDue, isRehearsalDue } from '../../src/backups/schedule.ts';
import { startBackups } from '../../src/process/backups.ts';
import { readConfig } from '../../src/config.ts';
import { tellAdministrators } from '../../src/backups/trouble.ts';
import { asSystem } from '../../src/database/owner.ts';
import { readFact } from '../../src/database/site-facts.ts';
import { runOperator } from '../operator/command.ts';
import { calmSettings } from '../support/app.ts';
import { createLog } from '../../src/web/log.ts';
import type { WebContext } from '../../src/web/context.ts';
import { cast } from '../support/cast.ts';
import { messagesOn } from '../support/inbox.ts';

const { app, alice, bob } = await cast();
const place = mkdtempSync(join(tmpdir(), 'pm-nightly-'));
afterAll(async () => {
  rmSync(place, { recursive: true });
  await app.close();
});

const days = (count: number) => count * 24 * 60 * 60 * 1000;
const at = (time: string) => new Date(time);

describe('a nightly backup is due', () => {
  const due = (last: string | undefined, now: string) =>
    isBackupDue(last === undefined ? undefined : at(last), at(now));

  test('once after each three o’clock', () => {
    expect(due(undefined, '2026-11-28T12:00')).toBe(true);
    expect(due('2026-11-27T03:05', '2026-11-28T02:59')).toBe(false);
    expect(due('2026-11-27T03:05', '2026-11-28T03:00')).toBe(true);
    expect(due('2026-11-28T03:00', '2026-11-28T03:10')).toBe(false);
    expect(due('2026-11-28T02:59', '2026-11-28T03:10')).toBe(true);
    expect(due('2026-11-20T03:00', '2026-11-28T14:00')).toBe(true); // the program was not running
  });

  test('again soon after the clock was a year ahead, but not each time it jumps by hours', () => {
    expect(due('2027-11-28T03:00', '2026-11-28T12:00')).toBe(true);
    expect(due('2026-11-28T03:00', '2026-11-28T01:00')).toBe(false);
    expect(due('2026-11-28T03:00', '2026-11-27T23:00')).toBe(false);
  });

  test('and a rehearsal each week', () => {
    const last = at('2026-11-21T03:01');
    expect(isRehearsalDue(undefined, last)).toBe(true);
    expect(isRehearsalDue(last, at('2026-11-27T03:00'))).toBe(false);
    expect(isRehearsalDue(last, at('2026-11-28T03:00'))).toBe(true);
    expect(isRehearsalDue(at('2027-11-21T03:01'), last)).toBe(true);
  });
});

describe('backups are kept', () => {
  const now = Date.UTC(2026, 10, 28, 3);
  const backup = (madeAt: number): NamedBackup => ({ name: new Date(madeAt).toISOString(), madeAt });
  const nightly = Array.from({ length: 800 }, (_, night) => backup(now - days(799 - night)));
  const keep = { days: 7, weeks: 4, months: 12 };
  const keptOf = (all: NamedBackup[], by = keep) => {
    const surplus = new Set(listSurplus(all, by, now));
    return all.filter((each) => !surplus.has(each)).map(({ name }) => name.slice(0, 10));
  };

  test('the newest of each of so many days, weeks and months', () => {
    const months = '2025-12-31 2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31 ';
    const weeks = '2026-08-31 2026-09-30 2026-10-31 2026-11-08 2026-11-15 2026-11-22 ';
    const week = '2026-11-23 2026-11-24 2026-11-25 2026-11-26 2026-11-27 2026-11-28';
    expect(keptOf(nightly).join(' ')).toBe(months + weeks + week);
    expect(keptOf(nightly, { days: 1, weeks: 0, months: 0 })).toEqual(['2026-11-28']);
  });

  test('as many when nights are missing: none goes because of its age alone', () => {
    const few = nightly.filter((_, index) => index % 100 === 0);
    expect(keptOf(few)).toHaveLength(few.length);
  });

  test('and those from the future do not push out the others', () => {
    const future = Array.from({ length: 20 }, (_, night) => backup(now + days(365 + night)));
    expect(keptOf([...nightly, ...future])).toEqual([
      ...keptOf(nightly),
      ...future.map(({ name }) => name.slice(0, 10)),
    ]);
  });
});

describe('a nightly run', () => {
  let folder: string;
  let lines: string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(place, 'run-'));
    lines = [];
    await app.pool.query('delete from site_facts');
    await app.pool.query(`delete from messages where origin = 'notice'`);
    await app.pool.query(`update users set admin_since = now() where username = 'alice'`);
  });
  const run = (more: object = {}) =>
    asSystem(() =>
      runNightly({
        config: {
          dataDir: folder,
          backups: {
            folder: join(folder, 'backups'),
            keep: { days: 7, weeks: 4, months: 12 },
            publicKey: undefined,
          },
          ...more,
        },
        database: { pool: app.appPool, address: app.databaseUrl },
        tell: (line) => lines.push(line),
      }),
    );
  const files = () => readdirSync(join(folder, 'backups'));
  const noticesOf = async (person: typeof alice) =>
    messagesOn(await person.get('/inbox'))
      .filter(({ sender }) => sender === 'Private Messages')
      .map(({ body }) => body);

  test('backs up once, rehearses once, and says nothing', async () => {
    await Promise.all([run(), run()]);
    await run();
    expect([files().length, lines]).toEqual([1, []]);
    const fact = await readFact<{ failure: string | null; file: string }>(app.pool, 'rehearsal');
    expect(fact!.value).toMatchObject({ failure: null, file: files()[0] });
    expect((await readFact(app.pool, 'backup'))!.value).toMatchObject({
      bytes: statSync(join(folder, 'backups', files()[0]!)).size,
    });
    expect(readdirSync(join(folder, 'rehearsal'))).toEqual([]);
    expect(await noticesOf(alice)).toEqual([]);
  });

  test('backs up once more, however the clock jumped since', async () => {
    await run();
    for (const jump of ['1 year', '-1 year', '1 day 1 hour', '-1 day']) {
      await app.pool.query(
        `update site_facts set value = jsonb_set(value, '{madeAt}', to_jsonb(now() + $1::interval))
         where name = 'nightly-backup'`,
        [jump],
      );
      const before = files();
      await run();
      const after = files();
      await run();
      expect(after, jump).not.toEqual(before); // of one day, the newest is kept
      expect(files(), jump).toEqual(after);
    }
    expect(lines).toEqual([]);
  });

  test('tells administrators, and nobody else, when a rehearsal fails', async () => {
    await run();
    const file = join(folder, 'backups', files()[0]!);
    truncateSync(file, 500);
    await app.pool.query(`delete from site_facts where name = 'rehearsal'`);
    await run();
    expect(lines).toEqual([expect.stringContaining('The file is damaged or incomplete')]);
    expect(await noticesOf(alice)).toEqual([
      expect.stringContaining('A test of the newest backup failed: The file'),
    ]);
    expect(await noticesOf(bob)).toEqual([]);
  });

  test('tells administrators when the newest backup is older than two days, once a week', async () => {
    await run();
    rmSync(join(folder, 'backups', files()[0]!));
    const old = new Date(Date.now() - days(2.1)).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    writeFileSync(join(folder, 'backups', `private-messages-${old}.backup`), '');
    await run();
    await run();
    expect(await noticesOf(alice)).toEqual([
      expect.stringMatching(/^Backups: the newest one in .* is older than two days/),
    ]);
    const inAWeek = new Date(Date.now() + days(7.1));
    await asSystem(() => tellAdministrators(app.appPool, new Map([['age', 'Again']]), inAWeek));
    expect(await noticesOf(alice)).toHaveLength(2);
  });

  test('into a folder that cannot be written to says why, and tells administrators', async () => {
    writeFileSync(join(folder, 'backups'), 'a file, not a folder');
    await run();
    expect(lines[0]).toMatch(/^No backup was made: .*\/backups cannot be written to: /);
    expect(await noticesOf(alice)).toEqual([
      expect.stringMatching(/^Backups: there is none in .* The log says/),
    ]);
  });

  describe('for a public key', () => {
    const publicKey = 'age1j85f6ym2t3lfqg2qze9anq40j2nfu5szc3v8tkmkjpgakzafkars489ac5';
    const runFor = () =>
      run({
        backups: { folder: join(folder, 'backups'), keep: { days: 7, weeks: 4, months: 12 }, publicKey },
      });
    const path = () => join(folder, 'backups', files()[0]!);
    const checked = async () => (await readFact<BackupCheckFact>(app.pool, 'backup-check'))?.value;
    const checkAgain = async () => {
      await app.pool.query(`delete from site_facts where name = 'backup-check'`);
      await runFor();
    };
    const result = () => findHealth(app.appPool, { dataDir: folder });

    test('is encrypted, and checked without the secret one, once a week', async () => {
      await runFor();
      expect(files()).toEqual([expect.stringMatching(/\.backup\.age$/)]);
      const fact = await checked();
      expect(fact).toMatchObject({ file: files()[0], isCompared: true, failure: null });
      expect((await result()).backupCheckResult).toBe(
        'all bytes are as they were written; its content was not opened, which takes the key',
      );
      expect([lines, await readFact(app.pool, 'rehearsal'), (await result()).rehearsal]).toEqual([
        [],
        undefined,
        null,
      ]);
      await runFor();
      expect(await checked()).toEqual(fact);
      expect(await noticesOf(alice)).toEqual([]);
    });

    const breakages: [string, (file: string) => void][] = [
      ['one flipped bit', (file) => flipBit(file, statSync(file).size - 40)],
      ['a flipped bit of the header', (file) => flipBit(file, 5)],
      ['its end missing', (file) => truncateSync(file, statSync(file).size - 1)],
      ['nothing in it', (file) => truncateSync(file, 0)],
    ];
    test.each(breakages)('tells administrators of one with %s', async (_, damage) => {
      await runFor();
      damage(path());
      await checkAgain();
      expect(lines).toEqual([`${path()} is damaged: make another one.`]);
      expect(await noticesOf(alice)).toContain(
        `A test of the newest backup failed: ${path()} is damaged: make another one.`,
      );
      expect((await result()).backupCheckResult).toContain('is damaged');
    });

    test('made elsewhere, is only read to its end, and says so', async () => {
      await runFor();
      await app.pool.query(`delete from site_facts where name = 'backup'`);
      await app.pool.query(
        `update site_facts set value = value - 'sha256' where name = 'nightly-backup'`, // of an earlier version
      );
      await checkAgain();
      expect((await result()).backupCheckResult).toMatch(
        /^it can be read to its end; its content was not opened/,
      );
      truncateSync(path(), 150);
      await checkAgain();
      expect((await checked())!.failure).toContain('is damaged');
    });
  });
});

function flipBit(file: string, index: number): void {
  const bytes = readFileSync(file);
  bytes[index]! ^= 1;
  writeFileSync(file, bytes);
}

test('the operator rehearses the newest backup, and learns why one fails', async () => {
  const folder = mkdtempSync(join(place, 'operator-'));
  const settings = { DATABASE_URL: app.databaseUrl, DATA_DIR: folder, BACKUP_DIR: join(folder, 'backups') };
  const none = await runOperator(settings, ['rehearse']);
  expect(none.err).toBe(`private-messages: There is no backup in ${settings.BACKUP_DIR}.\n`);
  await runOperator(settings, ['backup']);
  const ended = await runOperator(settings, ['rehearse']);
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toMatch(/can be restored: 3 accounts and \d+ messages? as of .* tables agree\.\n$/);
});

test('the program starts it in a process of its own, which ends with the program', async () => {
  const folder = mkdtempSync(join(place, 'program-'));
  await app.pool.query('delete from site_facts');
  const settings = { ...calmSettings, DATABASE_URL: app.databaseUrl, DATA_DIR: folder, BACKUP_DIR: folder };
  Object.assign(process.env, settings);
  const config = readConfig({ ...process.env, ...settings });
  const backups = startBackups({ config, pool: app.appPool, log: createLog('silent') } as WebContext, 0);
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.backup'));
  await expect.poll(files).toHaveLength(1);
  await backups.close();
  const running = () =>
    app.pool.query(
      `select from pg_stat_activity where datname = current_database() and application_name like '%backup'`,
    );
  await expect.poll(async () => (await running()).rowCount).toBe(0);
});
