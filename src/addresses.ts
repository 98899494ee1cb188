// Validates network addresses in settings and builds the URL that users open.
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?=.{1,253}$)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*$/i.test(text);
}

/** Normalized to scheme, host and port, as in `URL.origin`. */
export const origin = z
  .string()
  .refine(
    isOrigin,
    'must be the public address: http:// or https:// and a host, without a path, such as https://letters.example.org',
  )
  .transform((text) => new URL(text).origin);

function isOrigin(text: string): boolean {
  const typed = /^https?:\/\/(?<host>\[[\da-f:.]+\]|[^\s\\/?#@:[\]]+)(:\d+)?\/?$/iu.exec(text)?.groups?.host;
  const url = typed === undefined ? null : URL.parse(text);
  if (!url || url.hostname.startsWith('[')) return url !== null;
  // URL turns 8080 into 0.0.31.144 and %41 into a; only names in other scripts may change (punycode).
  const isAscii = /^[!-~]+$/.test(typed!);
  return isHost(url.hostname) && (!isAscii || url.hostname === typed!.toLowerCase());
}

/** A name that an authority gives certificates for: no address, nothing of this machine's network alone. */
export const domain = z
  .string()
  .toLowerCase()
  .refine(
    (text) => text.length <= 253 && /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d-]{2,63}$/.test(text),
    'must be the name of the site, such as mail.example.org, without https:// (other letters in punycode: xn--…)',
  );

/** Express reads a number as the count of proxies in front, and addresses or networks as trusted. */
export const trustProxy = z
  .string()
  .refine(
    (text) => /^\d{1,2}$/.test(text) || listOf(text).every(isNetwork),
    'must be the number of proxies in front, or their addresses or networks (10.0.0.1, 10.0.0.0/8, loopback)',
  )
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : listOf(text).join(',')));

function listOf(text: string): string[] {
  return text.split(/[\s,]+/);
}

function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address, bits] = text.split(/\/(.*)/s);
  if (bits === undefined) return isIP(address!) !== 0;
  if (!/^[1-9]\d{0,2}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address!, Number(bits), isIP(address!) === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

export const publishedPort = z
  .string()
  .transform((text) => /^(?:(?<host>[\d.]+|\[[\da-f:.]+\]):)?(?<port>\d{1,5})$/i.exec(text)?.groups)
  .refine(
    (parts) =>
      parts !== undefined &&
      Number(parts.port) >= 1 &&
      Number(parts.port) <= 65_535 &&
      (parts.host === undefined || isIP(bare(parts.host)) !== 0),
    'must be a port, or an address and a port, such as 8080 or 127.0.0.1:8080',
  )
  .transform((parts) => ({ host: bare(parts?.host ?? '0.0.0.0'), port: Number(parts?.port) }));

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Whether a server that listens there is reached under every address of the machine. */
export function isEverywhere(host: string): boolean {
  return /^(0\.0\.0\.0|::)$/.test(host);
}

/** Whether only this machine reaches it. */
export function isThisMachine(host: string): boolean {
  return /^(127(\.\d+){3}|localhost|\[?::1\]?)$/i.test(host);
}

/** The URL to open on this machine: localhost, unless the server listens on another address only. */
export function urlOf({ host, port }: { host: string; port: number }): string {
  const isHere = /^(127\.|localhost$|::1$|0\.0\.0\.0$|::$)/i.test(host);
  const name = isIP(host) === 6 ? `[${host.replace(/%.*/, '')}]` : host;
  return new URL(`http://${isHere ? 'localhost' : name}:${port}`).origin;
}
