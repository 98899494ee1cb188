// The client address that rate limits count by, and the normalization of X-Forwarded-For.
import { isIP, isIPv4 } from 'node:net';
import type { NextFunction, Request, Response } from 'express';

/** IPv4, or the /64 of an IPv6 address (RFC 6177). Anything else shares one key, so a made-up name evades no limit. */
export function clientAddress({ ip = '' }: Pick<Request, 'ip'>): string {
  if (isIPv4(ip)) return ip;
  const groups = groupsOf(ip.replace(/%.*$/, '')); // without the zone of a link-local address
  if (!groups) return 'unknown';
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) return groups.slice(0, 4).map(hex).join(':');
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}

/** Adds the /56 and the /48 around an IPv6 address: one customer may own either. */
export function clientNetworks(req: Pick<Request, 'ip'>): string[] {
  const address = clientAddress(req);
  const [a, b, c, d] = address.split(':');
  if (d === undefined) return [address];
  return [address, `${a}:${b}:${c}:${hex(parseInt(d, 16) >> 8)}/56`, `${a}:${b}:${c}/48`];
}

function groupsOf(address: string): number[] | undefined {
  const written = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1); // URL leaves at most one `::`
  if (written === undefined || isIP(address) !== 6) return undefined;
  const [left = [], right = []] = written.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => parseInt(group, 16));
}

const hex = (group: number) => group.toString(16);

/** Express takes the entries verbatim and matches trusted proxies by them, so this leaves bare addresses only. */
export function normalizeForwardedFor(req: Request, res: Response, next: NextFunction): void {
  const given = req.headers['x-forwarded-for'];
  if (given) req.headers['x-forwarded-for'] = String(given).split(',').map(withoutPort).join(', ');
  next();
}

/** Accepts `192.0.2.1:4711`, `[2001:db8::1]:4711`, either quoted or after `for=` (RFC 7239, 6). */
function withoutPort(entry: string): string {
  const node = entry
    .trim()
    .replace(/^.*\bfor=/i, '')
    .replace(/;.*$/, '')
    .replaceAll('"', '')
    .trim();
  const [, bracketed, dotted] = /^\[([^\]]*)\](?::\w+)?$|^([\d.]+):\w+$/.exec(node) ?? [];
  return bracketed ?? dotted ?? node;
}
