// The process that sends an announcement is killed in the middle: the running program goes on, and nobody gets it twice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { transaction } from '../../../src/database/transaction.ts';
import { cast } from '../../support/cast.ts';
import { projectFolder } from '../../support/program.ts';
import { newSite, start } from '../../start/site.ts';
import { addMembers, copiesOf, oneEach } from './crowd.ts';

const patience = { timeout: 120_000, interval: 50 };

test('each of 2,000 members gets it once', async () => {
  const { app } = await cast();
  onTestFinished(() => app.close());
  await addMembers(app.pool, 1997);
  const { rows } = await app.pool.query<{ id: string }>('select id from users order by id');
  const progress = async () =>
    (
      await app.pool.query<{ count: number; isDone: boolean }>(
        'select sent_to as count, done_at is not null as "isDone" from announcements',
      )
    ).rows[0];
  await transaction(app.pool, async (db) => {
    await db.query('set local idle_in_transaction_session_timeout = 0');
    await db.query('select from mailbox_usage where owner_id = $1 for update', [rows[1230]!.id]);
    const child = spawn(
      process.execPath,
      [join(projectFolder, 'src/operator/run.ts'), 'announce', 'Once', '--yes'],
      {
        cwd: '/',
        env: { PATH: process.env.PATH, DATABASE_URL: app.databaseUrl },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    const ended = once(child, 'exit');
    await vi.waitUntil(async () => (await progress())?.count === 1230, patience);
    child.kill('SIGKILL');
    await ended;
  });
  expect(await progress()).toEqual({ count: 1230, isDone: false });

  const program = await start({ ...(await newSite()), DATABASE_URL: app.databaseUrl });
  onTestFinished(async () => void (await program.end()));
  await vi.waitUntil(async () => (await progress())!.isDone, patience);
  expect(await copiesOf(app.pool, 'Once')).toEqual(oneEach(2000));
  expect((await progress())!.count).toBe(2000);
});
