// `restore`: fills an empty database from a backup.
import { resolve } from 'node:path';
import { restoreBackup } from '../backups/restore.ts';
import { installKey } from '../secrets/secret-key.ts';
import type { PlainCommand } from './command.ts';
import { openProgress } from './progress.ts';
import { logUse } from './queries.ts';
import { refuseWhileRunning } from './running.ts';

export const restore: PlainCommand = {
  name: 'restore',
  argument: 'FILE',
  summary: 'fill an empty database from a backup',
  details: `Stop the program first. The database may be new, or one in which nobody has registered. The backup may be from
an older version of this program, and from another version of PostgreSQL. All of it is restored and compared with the
file, or nothing.`,
  options: [],
  run: async ({ pool, address, config, argument }) => {
    await refuseWhileRunning(pool);
    const progress = openProgress();
    const { madeAt, sums, migrationsRun, secretKey } = await restoreBackup({
      address,
      file: resolve(argument),
      tell: (line) => progress.show(line),
      finish: async (client, restored) => {
        await logUse(client, 'restore', undefined, []);
        if (restored.secretKey) installKey(config.dataDir, restored.secretKey);
      },
    }).finally(() => progress.close());
    const key = secretKey
      ? 'secret.key was in the backup, and is in DATA_DIR now.'
      : 'The backup has no secret.key: before you start the program, copy the one that belongs to it into DATA_DIR.';
    return {
      rows: { madeAt, tables: sums, migrationsRun, hasKey: secretKey !== undefined },
      text:
        `Restored ${sums.users!.rows} accounts and ${sums.messages!.rows} messages as of ${madeAt}. Counts and ` +
        `digests of all ${Object.keys(sums).length} tables agree with the file.` +
        (migrationsRun > 0 ? ` Then ${migrationsRun} newer migrations ran.` : ''),
      note: `${key} Everybody logs in again.`,
    };
  },
};
