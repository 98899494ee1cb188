// Secrets in the database that the file secret.key does not open: it was lost, or another one was put in its place.
import { asSystem } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { decryptSecret } from './secrets.ts';

// Some 20 ms at the start; among so many, an earlier key is seen.
const maxLookedAt = 10_000;

/** A line for the operator when there are such secrets. */
export async function describeLostKey(db: Database, encryption: Encryption): Promise<string | undefined> {
  const { rows } = await asSystem(() =>
    db.query<{ userId: string; secret: Buffer }>('select user_id as "userId", secret from totp limit $1', [
      maxLookedAt,
    ]),
  );
  const lost = rows.filter(({ userId, secret }) => !decryptSecret(encryption, userId, secret)).length;
  if (lost === 0) return undefined;
  return (
    `secret.key in DATA_DIR is not the file that encrypted the secrets of ${lost} authenticator ${lost === 1 ? 'app' : 'apps'} in this ` +
    'database: their codes are refused, and so are all recovery codes. Put the earlier file back from a backup and start again. ' +
    'If there is none, people make new recovery codes, and these log in with a passkey, or you help them: ' +
    'npm run operator -- reset-link NAME --drop-second-factor'
  );
}
