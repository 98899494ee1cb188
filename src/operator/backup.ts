// `backup`: writes everything in the database into one file.
import { resolve } from 'node:path';
import { writeBackup } from '../backups/write.ts';
import { bytesInWords } from '../mailbox/usage.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import type { PlainCommand } from './command.ts';
import { openProgress } from './progress.ts';

export const backup: PlainCommand = {
  name: 'backup',
  summary: 'write everything in the database into one file',
  details: `Works while people write: the file holds one moment. It has no sessions (after a restore, everybody logs in
again), and secret.key only with --with-key. Needs no pg_dump.`,
  options: ['to', 'with-key'],
  run: async ({ address, config, options }) => {
    const progress = openProgress();
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const { file, madeAt, bytes, sums } = await writeBackup({
      address,
      folder: resolve(options.to ?? 'backups'),
      ...(options['with-key'] && { secretKey: readSecretKey(config.dataDir) }),
      onProgress: (rows, table) => progress.show(`${table}: ${rows.toLocaleString('en')} rows`),
      signal: stop.signal,
    }).finally(() => progress.close());
    return {
      rows: { file, madeAt, bytes, tables: sums },
      text: file,
      note: `${sums.users!.rows} accounts, ${sums.messages!.rows} messages, ${bytesInWords(bytes)}.`,
    };
  },
};
