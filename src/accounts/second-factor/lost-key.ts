// Detects TOTP secrets that secret.key does not decrypt, because it was lost or replaced.
import { asSystem } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { decryptSecret } from './secrets.ts';

// About 20 ms at start-up, and enough to notice a replaced key.
const maxLookedAt = 10_000;

export async function describeLostKey(db: Database, encryption: Encryption): Promise<string | undefined> {
  const { rows } = await asSystem(() =>
    db.query<{ userId: string; secret: Buffer }>('select user_id as "userId", secret from totp limit $1', [
      maxLookedAt,
    ]),
  );
  const lost = rows.filter(({ userId, secret }) => !decryptSecret(encryption, userId, secret)).length;
  if (lost === 0) return undefined;
  return (
    `secret.key in DATA_DIR is not the file that encrypted the secrets of ${lost} authenticator ` +
    `${lost === 1 ? 'app' : 'apps'} in this database: their codes are refused, and so are all recovery codes. ` +
    'Restore the earlier file from a backup and restart. If there is none, everybody needs new recovery codes, and ' +
    'these users log in with a passkey or need your help: ' +
    'npm run operator -- reset-link NAME --drop-second-factor'
  );
}
