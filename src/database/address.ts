// Validates DATABASE_URL and redacts it from messages.
import pg from 'pg';
import { StartupError } from '../startup-error.ts';

const sslModes = new Set(['disable', 'no-verify', 'verify-full', 'prefer', 'require', 'verify-ca']);
const invalid =
  'DATABASE_URL is not a valid address. It looks like postgres://USER:PASSWORD@HOST:5432/DATABASE; characters such ' +
  'as @ : / ? # % in a user name or a password must be percent-encoded (%40 for @).';

/** Returns the address for pg. Throws a StartupError, which never shows a piece of it. */
export function checkAddress(url: string): string {
  const mode = parametersOf(url).get('sslmode');
  if (mode && !sslModes.has(mode)) {
    throw new StartupError(
      'DATABASE_URL has an unknown sslmode: use disable (no TLS), verify-full (verifies the certificate; prefer, ' +
        'require and verify-ca mean the same here) or no-verify (does not verify it).',
    );
  }
  const address = withPlainMode(url);
  try {
    const { port } = new pg.Client({ connectionString: address });
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError('port');
  } catch (error) {
    throw new StartupError(explain(error as NodeJS.ErrnoException, url));
  }
  return address;
}

/** pg treats these modes like verify-full but warns that a later version will not; this pins the meaning. */
function withPlainMode(url: string): string {
  if (parametersOf(url).has('uselibpqcompat')) return url;
  return url.replace(/(?<=[?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/, 'verify-full');
}

function explain(error: NodeJS.ErrnoException, url: string): string {
  if (error.syscall) {
    return `A file that DATABASE_URL names (sslrootcert, sslcert or sslkey) cannot be read: ${error.code}.`;
  }
  if (error.code === 'ERR_INVALID_URL' || error instanceof URIError || error instanceof RangeError)
    return invalid;
  return `DATABASE_URL cannot be used: ${withoutAddress(error.message, url)}`;
}

export function withoutAddress(text: string, url: string): string {
  const pieces = piecesOf(url).map((piece) => RegExp.escape(piece));
  if (pieces.length === 0) return text;
  return text.replaceAll(
    new RegExp(`(?<![\\p{L}\\p{N}_])(${pieces.join('|')})(?![\\p{L}\\p{N}_])`, 'giu'),
    '…',
  );
}

function piecesOf(url: string): string[] {
  const [, user, password, host, port, database] =
    /^\w+:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::([^/?#]*))?(?:\/([^?#]*))?/.exec(
      url,
    ) ?? [];
  const written = [user, password, host, port, database, ...parametersOf(url).values()];
  const pieces = written.filter((piece) => piece !== undefined && piece !== '') as string[];
  const meant = [...pieces, ...pieces.map((piece) => piece.replaceAll(/^\[|\]$/g, ''))].map(decode);
  return [...new Set([...pieces, ...meant])].toSorted((a, b) => b.length - a.length);
}

function parametersOf(url: string): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1]);
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
