// `rehearse`: restores the newest backup into a PostgreSQL that is thrown away.
import { join, resolve } from 'node:path';
import { listBackups } from '../backups/kept.ts';
import { rehearse } from '../backups/rehearse.ts';
import { countOf } from '../in-words.ts';
import { StartupError } from '../startup-error.ts';
import type { PlainCommand } from './command.ts';
import { openProgress } from './progress.ts';
import { chooseIdentity } from './restore.ts';

export const rehearseRestore: PlainCommand = {
  name: 'rehearse',
  summary: 'restore the newest backup into a PostgreSQL that is thrown away',
  details: `Takes the newest file in BACKUP_DIR (else in backups), and compares all rows with it. Uses the built-in
PostgreSQL in DATA_DIR/rehearsal; where it is not installed, as in the container, another database on the same server.`,
  options: ['key-file'],
  run: async ({ pool, address, config, options }) => {
    const folder = config.backups.folder ?? resolve('backups');
    const newest = (await listBackups(folder)).at(-1);
    if (!newest) throw new StartupError(`There is no backup in ${folder}.`);
    const file = join(folder, newest.name);
    const identity = await chooseIdentity(file, options);
    const progress = openProgress();
    const tell = (line: string) => progress.show(line);
    const { madeAt, sums } = await rehearse({ pool, address, config, file, identity, tell }).finally(() =>
      progress.close(),
    );
    return {
      rows: { file, madeAt, tables: sums },
      text:
        `${file} can be restored: ${countOf(sums.users!.rows, 'account')} and ` +
        `${countOf(sums.messages!.rows, 'message')} as of ${madeAt}. All ${Object.keys(sums).length} tables agree.`,
    };
  },
};
