// Space that is short: administrators find a notice, and a rehearsal says so before it begins.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { messagesOn } from '../support/inbox.ts';
import { withOwnMounts } from '../support/own-mounts.ts';

const { app, alice, bob } = await cast();
const folder = mkdtempSync(join(tmpdir(), 'pm-space-'));
const disk = mkdtempSync(join(tmpdir(), 'pm-disk-'));
afterAll(async () => {
  for (const path of [folder, disk]) rmSync(path, { recursive: true });
  await app.close();
});
beforeEach(async () => {
  await app.pool.query('delete from site_facts');
  await app.pool.query(`delete from messages where origin = 'notice'`);
  await makeAdmin(app, alice);
});

const settings = { DATABASE_URL: app.databaseUrl, DATA_DIR: folder, BACKUP_DIR: disk, disk };
const noticesOf = async (person: typeof alice) =>
  messagesOn(await person.get('/inbox'))
    .filter(({ sender }) => sender === 'Private Messages')
    .map(({ body }) => body);

/** So many times the size of the first backup are left beside it when the second run looks. */
function nightlyWith(backups: number) {
  return withOwnMounts(
    `mount -t tmpfs -o size=4m disk "$disk"
     $nightly
     size=$(stat -c %s "$disk"/*.backup)
     free=$(($(stat -f -c '%a * %S' "$disk")))
     head -c $((free - size * ${backups} - 4096)) /dev/zero > "$disk/of-others"
     $nightly`,
    settings,
  );
}

test('for two more backups is no trouble', async () => {
  expect(nightlyWith(3)).toEqual({ code: 0, out: '', err: '' });
  expect(await noticesOf(alice)).toEqual([]);
});

test('for one more backup is told to administrators, with what is left', async () => {
  expect(nightlyWith(1)).toEqual({ code: 0, out: '', err: '' });
  expect(await noticesOf(alice)).toEqual([
    expect.stringMatching(new RegExp(`^Backup space is short: \\d+(\\.\\d)? kB are left in ${disk}\\.$`)),
  ]);
  expect(await noticesOf(bob)).toEqual([]);
});

test('a rehearsal without space for it says how much it needs, and touches nothing', async () => {
  const { code, err } = withOwnMounts(
    `mount -t tmpfs -o size=20m disk "$disk"
     export DATA_DIR="$disk"
     $operator backup >/dev/null 2>&1
     $operator rehearse || status=$?
     ls "$disk/rehearsal" >&2
     exit $status`,
    { ...settings, DATA_DIR: disk },
  );
  expect(code).toBe(1);
  expect(err).toMatch(
    new RegExp(
      `^private-messages: The rehearsal needs \\d+ MB of space in ${disk}/rehearsal, and \\d+(\\.\\d)? MB are left\\.\\n$`,
    ),
  );
});
