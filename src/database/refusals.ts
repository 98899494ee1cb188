// Explains why a database cannot be opened: one line with the cure, without any piece of DATABASE_URL.
import { StartupError } from '../startup-error.ts';
import { withoutAddress } from './address.ts';
import { isDatabaseAway } from './pool.ts';

type Failure = Error & { code?: string; syscall?: string; errors?: Failure[] };

const rights =
  'Make it the owner of the database, or of a schema in it, or let an administrator run "create extension ' +
  'unaccent; create extension btree_gin;" there and "grant create, usage on schema public to …".';

const extensions =
  'PostgreSQL lacks the extension unaccent or btree_gin, or the user may not use its schema: install the ' +
  'contrib modules (postgresql-contrib), or run "grant usage on schema …".';

const byCode: Record<string, string> = {
  '3D000': 'The database in DATABASE_URL does not exist.',
  '25006':
    'The database in DATABASE_URL is read-only: it is a standby, or default_transaction_read_only is set.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of PostgreSQL does not match the host in DATABASE_URL: use the name in the certificate, or ' +
    'sslmode=no-verify, which encrypts without verifying the server.',
  CERT_HAS_EXPIRED:
    'The certificate of PostgreSQL has expired: renew it, or add sslmode=no-verify to DATABASE_URL, which encrypts ' +
    'without verifying the server.',
};

const untrusted =
  'The certificate of PostgreSQL is self-signed, or from an authority unknown to this machine: add ' +
  'sslrootcert=/path/to/ca.pem to DATABASE_URL with that authority’s certificate, or set ' +
  'sslmode=no-verify, which encrypts without verifying the server.';

export function explainRefusal(error: Failure, url: string): StartupError {
  if (!(error instanceof StartupError)) return new StartupError(describe(error, url));
  if (!(error.cause instanceof Error)) return error;
  const message = error.cause.message;
  return new StartupError(error.message.replace(message, () => withoutAddress(message, url)));
}

export function lacks({ code, message }: Failure): 'a right' | 'an extension' | undefined {
  if (code === '42501') return 'a right';
  const isExtension = code === '58P01' || code === '0A000' || code === '42704';
  return isExtension && /\b(unaccent|btree_gin)\b/.test(message) ? 'an extension' : undefined;
}

function describe(error: Failure, url: string): string {
  const cause = causeOf(error, url);
  if (byCode[error.code ?? '']) return byCode[error.code!]!;
  if (isUntrusted(error)) return untrusted;
  if (error.message.startsWith('The server does not support SSL')) {
    return 'PostgreSQL does not support TLS there: enable it, or set sslmode=disable in DATABASE_URL.';
  }
  // If the server asks for a password and none was given, pg itself throws, without a code.
  if (error.code === '28P01' || error.code === '28000' || error.message.startsWith('SASL')) {
    return `PostgreSQL refuses the user or the password in DATABASE_URL: ${cause}`;
  }
  if (lacks(error) === 'a right') return `The user in DATABASE_URL lacks a privilege: ${cause}. ${rights}`;
  if (lacks(error)) return `${extensions} (${cause})`;
  if (isDatabaseAway(error)) return `PostgreSQL cannot be reached (DATABASE_URL): ${cause}`;
  return `The database could not be prepared: ${cause}`;
}

function isUntrusted({ code = '' }: Failure): boolean {
  return /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_(UNTRUSTED|SIGNATURE)/.test(code);
}

/** Messages of the operating system contain the host; the code is enough. */
function causeOf(error: Failure, url: string): string {
  const first = error.errors?.[0] ?? error;
  if (first.syscall) return `${first.syscall} ${first.code}`;
  return withoutAddress(first.message || first.code || 'no answer', url);
}
