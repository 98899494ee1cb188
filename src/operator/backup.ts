// `backup` and `backup-key`: write everything in the database into one file, encrypted on request.
import { resolve } from 'node:path';
import { isPublicKey, makeKeys } from '../backups/age-keys.ts';
import type { Recipient } from '../backups/age.ts';
import { writeBackupFacts } from '../backups/facts.ts';
import { writeBackup } from '../backups/write.ts';
import { bytesInWords, countOf } from '../in-words.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import { StartupError } from '../startup-error.ts';
import { askSecretly } from './ask.ts';
import type { Options, PlainCommand } from './command.ts';
import { openProgress } from './progress.ts';
import { UsageError } from './usage-error.ts';

export const backup: PlainCommand = {
  name: 'backup',
  summary: 'write everything in the database into one file',
  details: `Works while people write: the file holds one moment. It has no sessions (after a restore, everybody logs in
again), and secret.key only with --with-key. Encrypted files are in the format of age (age-encryption.org). Needs no
pg_dump.`,
  options: ['to', 'passphrase', 'public-key', 'with-key'],
  run: async ({ pool, address, config, options }) => {
    const recipient = await chooseRecipient(options);
    const progress = openProgress();
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const folder = resolve(options.to ?? config.backups.folder ?? 'backups');
    const made = await writeBackup({
      address,
      folder,
      ...(recipient && { recipient }),
      ...(options['with-key'] && { secretKey: readSecretKey(config.dataDir) }),
      onProgress: (rows, table) => progress.show(`${table}: ${rows.toLocaleString('en')} rows`),
      signal: stop.signal,
    }).finally(() => progress.close());
    const { file, madeAt, bytes, sums } = made;
    await writeBackupFacts(pool, made, folder === config.backups.folder);
    return {
      rows: { file, madeAt, bytes, tables: sums },
      text: file,
      note: `${[
        countOf(sums.users!.rows, 'account'),
        countOf(sums.messages!.rows, 'message'),
        bytesInWords(bytes),
      ].join(', ')}.`,
    };
  },
};

const minPassphrase = 12;

async function chooseRecipient(options: Options): Promise<Recipient | undefined> {
  const { passphrase: isPassphrase, 'public-key': publicKey } = options;
  if (isPassphrase && publicKey) throw new UsageError('Give --passphrase or --public-key, not both.');
  if (publicKey && !isPublicKey(publicKey))
    throw new UsageError('--public-key takes a key that begins with age1.');
  if (publicKey) return { publicKey };
  if (!isPassphrase) return undefined;
  const passphrase = (await askSecretly('Passphrase for this backup: ')) ?? '';
  if (passphrase.length < minPassphrase)
    throw new StartupError(`No backup was made: a passphrase has at least ${minPassphrase} characters.`);
  if (process.stdin.isTTY && (await askSecretly('The same again: ')) !== passphrase)
    throw new StartupError('No backup was made: the two passphrases differ.');
  return { passphrase };
}

export const backupKey: PlainCommand = {
  name: 'backup-key',
  summary: 'make a pair of keys for encrypted backups',
  details: `Prints a public key for "backup --public-key", and a secret key for "restore --key-file". It stores neither:
put the secret key into a file elsewhere than on this server. The pair is one of age-keygen's.`,
  options: [],
  run: async () => {
    const keys = makeKeys();
    return {
      rows: keys,
      text: `# public key: ${keys.publicKey}\n${keys.secretKey}`,
      note: 'Keep the secret key: without it, nobody can read backups made with the public one.',
    };
  },
};
