// `restore`: fills an empty database from a backup.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { reason } from '../database/embedded/data-folder.ts';
import { isSecretKey } from '../backups/age-keys.ts';
import type { Identity } from '../backups/age.ts';
import { readDeletions, type Replayed } from '../backups/deletions.ts';
import { findEncryption } from '../backups/read.ts';
import { restoreBackup } from '../backups/restore.ts';
import { installKey } from '../secrets/secret-key.ts';
import { countOf } from '../in-words.ts';
import { StartupError } from '../startup-error.ts';
import { askSecretly } from './ask.ts';
import type { Options, PlainCommand } from './command.ts';
import { openProgress } from './progress.ts';
import { logAct } from '../admin/act-log.ts';
import { refuseWhileRunning } from './running.ts';

export const restore: PlainCommand = {
  name: 'restore',
  argument: 'FILE',
  summary: 'fill an empty database from a backup',
  details: `Stop the program first. The database may be new, or one in which nobody has registered. The backup may be
from an older version of this program, and from another version of PostgreSQL. All of it is restored and compared with
the file, or nothing. What was deleted permanently since is deleted again, if the file "deletions" is beside the
backup.`,
  options: ['deletions', 'key-file'],
  run: async ({ pool, address, config, options, argument }) => {
    await refuseWhileRunning(pool);
    const file = resolve(argument);
    const identity = await chooseIdentity(file, options);
    const deletions = await readDeletions(file, options.deletions);
    const progress = openProgress();
    const { madeAt, sums, migrationsRun, secretKey, deletedAgain } = await restoreBackup({
      address,
      file,
      identity,
      deletions,
      tell: (line) => progress.show(line),
      finish: async (client, restored) => {
        await logAct(client, { command: 'restore' });
        if (restored.secretKey) installKey(config.dataDir, restored.secretKey);
      },
    }).finally(() => progress.close());
    const key = secretKey
      ? 'secret.key was in the backup, and is in DATA_DIR now.'
      : 'The backup has no secret.key: before you start the program, copy the one that belongs to it into DATA_DIR. ' +
        'Without it, codes from authenticator apps are refused and reports cannot be read.';
    return {
      rows: {
        madeAt,
        tables: sums,
        migrationsRun,
        hasKey: secretKey !== undefined,
        deletedAgain: deletedAgain ?? null,
      },
      text:
        `Restored ${countOf(sums.users!.rows, 'account')} and ${countOf(sums.messages!.rows, 'message')} ` +
        `as of ${madeAt}. Counts and digests of all ${Object.keys(sums).length} tables agree with the file.` +
        (migrationsRun > 0 ? ` Then ${countOf(migrationsRun, 'newer migration')} ran.` : ''),
      note: `${key} Everybody logs in again.${describeDeletions(deletedAgain)}`,
    };
  },
};

function describeDeletions(again: Replayed | undefined): string {
  if (again)
    return (
      ` Deleted again, as since the backup: ${countOf(again.messages, 'message')}, ` +
      `${countOf(again.accounts, 'account')}.`
    );
  return ' There is no list of deletions beside the file: what was deleted permanently since the backup is back.';
}

export async function chooseIdentity(file: string, options: Options): Promise<Identity | undefined> {
  const encryption = await findEncryption(file);
  if (encryption === undefined) return undefined;
  if (encryption === 'passphrase')
    return { passphrase: (await askSecretly('Passphrase of the backup: ')) ?? '' };
  const keyFile = options['key-file'];
  if (keyFile === undefined)
    throw new StartupError(
      'The file is encrypted for a key: say --key-file FILE, with the file that holds it.',
    );
  return { secretKey: readKeyFile(keyFile) };
}

/** As age-keygen writes it: with comments. */
function readKeyFile(keyFile: string): string {
  let text: string;
  try {
    text = readFileSync(keyFile, 'utf8');
  } catch (error) {
    throw new StartupError(`${keyFile} cannot be read: ${reason(error)}.`);
  }
  const secretKey = text.split(/\s+/).find(isSecretKey);
  if (secretKey === undefined)
    throw new StartupError(`${keyFile} holds no secret key: it begins with AGE-SECRET-KEY-1.`);
  return secretKey;
}
