// Starts the nightly run in a process of its own when something is due.
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { appendDeletions } from '../backups/deletions.ts';
import { databaseNow, findNightlyBackup } from '../backups/facts.ts';
import { isBackupDue } from '../backups/schedule.ts';
import { environmentWith } from '../config.ts';
import { withTimeout } from '../concurrency/with-timeout.ts';
import { asSystem } from '../database/owner.ts';
import type { WebContext } from '../web/context.ts';
import { repeat } from './repeat.ts';

const script = fileURLToPath(new URL('../backups/run-nightly.ts', import.meta.url));
const everyMs = 10 * 60_000;
const againAfterMs = 60 * 60_000; // by a steady clock: however the system's clock jumps, at most one an hour
const endsWithinMs = 3000;
const listEveryMs = 60_000;

export function startBackups(
  { config, pool, log }: WebContext,
  firstAfterMs = 60_000,
): { close(): Promise<void> } {
  const { folder } = config.backups;
  if (folder === undefined) return { close: async () => {} };
  let child: ChildProcess | undefined;
  let startedAt = -Infinity;

  const run = async () => {
    if (performance.now() < startedAt + againAfterMs) return;
    if (!isBackupDue(await findNightlyBackup(pool), await databaseNow(pool))) return;
    startedAt = performance.now();
    child = fork(script, {
      cwd: '/', // the settings are all in the environment; .env may be unreadable by now
      env: environmentWith({ DATA_DIR: config.dataDir, BACKUP_DIR: folder }),
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const ended = new Promise((resolve) => child!.once('close', resolve));
    const [words] = await Promise.all([text(child.stderr!), ended]);
    child = undefined;
    for (const line of words.split('\n').filter(Boolean)) log.error({ reason: line }, 'backup');
  };
  const list = async () => {
    if (existsSync(folder)) await asSystem(() => appendDeletions(pool, folder));
  };
  const lists = repeat(log, list, { everyMs: listEveryMs });
  const runs = repeat(log, run, { firstAfterMs, everyMs });
  return {
    close: async () => {
      lists.close();
      runs.close();
      if (!child) return;
      const ended = new Promise((resolve) => child!.once('close', resolve));
      child.kill('SIGTERM');
      await withTimeout(endsWithinMs, ended);
      child?.kill('SIGKILL');
    },
  };
}
