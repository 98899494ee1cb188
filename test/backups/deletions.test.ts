// Deletions stay deleted: a restore replays the list of what was deleted permanently since the backup.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { appendDeletions, readDeletions, shortenDeletions } from '../../src/backups/deletions.ts';
import { writeBackup } from '../../src/backups/write.ts';
import { asSystem } from '../../src/database/owner.ts';
import { createPool } from '../../src/database/pool.ts';
import { runCleanupJobs } from '../../src/process/cleanup-jobs.ts';
import { runOperator } from '../operator/command.ts';
import { cast } from '../support/cast.ts';
import { findUntrueConversations } from '../support/conversations.ts';
import { createDatabase } from '../support/database.ts';
import { copiesOf, idOf, tokenOf } from '../support/mailboxes.ts';
import { registered } from '../support/person.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-deletions-'));
const { app, alice, bob, charlie } = await cast();
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

test('what was deleted permanently after the backup is deleted again; what was not stays', async () => {
  const trashed = async (person: typeof bob, body: string) =>
    person.post(`/messages/${await idOf(app.pool, person, body)}/delete`, await tokenOf(person));
  await registered(app.url, 'dora');
  for (const body of ['Kept', 'Emptied', 'Taken back', 'Expired', 'In the trash'])
    await alice.send('bob', body);
  await charlie.send('bob', 'From charlie');
  await bob.send('charlie', 'To charlie');
  await alice.send('dora', 'The only one');
  const { file } = await writeBackup({ address: app.databaseUrl, folder });

  await trashed(bob, 'Emptied');
  await bob.post('/trash/empty', await tokenOf(bob));
  await trashed(bob, 'Expired');
  await app.pool.query(
    `update messages set trashed_at = now() - interval '31 days' where trashed_at is not null`,
  );
  await asSystem(() => runCleanupJobs(app.appPool));
  await trashed(bob, 'In the trash');
  await alice.post(`/messages/${await idOf(app.pool, alice, 'Taken back')}/unsend`, await tokenOf(alice));
  await alice.post(`/messages/${await idOf(app.pool, alice, 'The only one')}/unsend`, await tokenOf(alice));
  await charlie.submit('/account/delete', { password: charlie.password });
  const append = () => asSystem(() => appendDeletions(app.appPool, folder));
  await append();
  const list = join(folder, 'deletions');
  const written = readFileSync(list, 'utf8');
  await append();
  expect(readFileSync(list, 'utf8')).toBe(written); // each once
  expect(statSync(list).mode & 0o777).toBe(0o600);
  expect(written).not.toMatch(/[g-su-y]/); // ids and times

  const address = await createDatabase();
  const restored = await runOperator({ DATABASE_URL: address, DATA_DIR: folder }, ['restore', file]);
  expect(restored.err).toContain('Deleted again, as since the backup: 6 messages, 1 account.');
  const pool = createPool(address, () => {});
  const copies = async (body: string) => copiesOf(pool, body);
  expect(await copies('Kept')).toEqual(['alice sent', 'bob inbox, unread']);
  expect(await copies('In the trash')).toEqual(['alice sent', 'bob inbox, unread']);
  expect(await copies('Emptied')).toEqual(['alice sent']);
  expect(await copies('Expired')).toEqual(['alice sent']);
  expect(await copies('Taken back')).toEqual([]);
  expect(await copies('The only one')).toEqual([]);
  expect(await copies('To charlie')).toEqual(['bob sent']);
  expect((await pool.query(`select from users where username = 'charlie'`)).rowCount).toBe(0);
  expect(await findUntrueConversations(pool)).toEqual([]);
  await pool.end();

  rmSync(list);
  const without = await runOperator({ DATABASE_URL: await createDatabase(), DATA_DIR: folder }, [
    'restore',
    file,
  ]);
  expect(without.err).toContain('There is no list of deletions beside the file');
});

test('the list loses what is older than the oldest backup', async () => {
  await asSystem(() => appendDeletions(app.appPool, folder));
  const count = async () => (await readDeletions(join(folder, 'any.backup')))!.length;
  const all = await count();
  await asSystem(() => shortenDeletions(app.appPool, folder, new Date(Date.now() - 60_000)));
  expect([all > 0, await count()]).toEqual([true, all]);
  await asSystem(() => shortenDeletions(app.appPool, folder, new Date(Date.now() + 3_600_000)));
  expect(await count()).toBe(0);
});
