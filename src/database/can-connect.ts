// Checks whether another system user can connect to the database.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '../config.ts';
import type { Account } from '../system-user.ts';

const script = fileURLToPath(new URL('try-connection.ts', import.meta.url));

/** A socket, a certificate or `peer` in pg_hba.conf may admit root alone; only trying tells. */
export function canConnect(account: Account, address: string): boolean {
  const env = environmentWith({ DATABASE_URL: address });
  const { status } = spawnSync(process.execPath, [script], {
    ...account,
    cwd: '/',
    env,
    stdio: 'ignore',
    timeout: 10_000,
  });
  return status === 0;
}
