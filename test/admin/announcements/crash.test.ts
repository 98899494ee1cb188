// The process that sends an announcement is killed in the middle: the running program goes on, and nobody gets it twice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { transaction } from '../../../src/database/transaction.ts';
import { cast } from '../../support/cast.ts';
import { projectFolder } from '../../support/program.ts';
import { newSite, start } from '../../start/site.ts';
import { addMembers, copiesOf, oneEach } from './crowd.ts';

test('each of 2,000 members gets it once', async () => {
  const { app } = await cast();
  onTestFinished(() => app.close());
  await addMembers(app.pool, 1997);
  const { rows } = await app.pool.query<{ id: string }>('select id from users order by id');
  await transaction(app.pool, async (db) => {
    await db.query('select from mailbox_usage where owner_id = $1 for update', [rows[1230]!.id]);
    const child = spawn(
      process.execPath,
      [join(projectFolder, 'src/operator/run.ts'), 'announce', 'Once', '--yes'],
      { cwd: '/', env: { PATH: process.env.PATH, DATABASE_URL: app.databaseUrl }, stdio: 'ignore' },
    );
    await expect.poll(async () => (await copiesOf(app.pool, 'Once')).at(-1)?.members).toBe(1230);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const { rows: begun } = await app.pool.query('select sent_to, done_at from announcements');
  expect(begun).toEqual([{ sent_to: 1230, done_at: null }]);

  const program = await start({ ...(await newSite()), DATABASE_URL: app.databaseUrl });
  onTestFinished(async () => void (await program.end()));
  await expect
    .poll(async () => (await app.pool.query('select from announcements where done_at is not null')).rowCount)
    .toBe(1);
  expect(await copiesOf(app.pool, 'Once')).toEqual(oneEach(2000));
  expect((await app.pool.query('select sent_to from announcements')).rows).toEqual([{ sent_to: 2000 }]);
});
