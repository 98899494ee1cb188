// The client's address: the part of it that one client can be held to, however a proxy in front writes it.
import { isIP, isIPv4 } from 'node:net';
import type { NextFunction, Request, Response } from 'express';

/**
 * What rate limits count by: an IPv4 address; of IPv6 the first 64 bits, because every household has all the rest
 * (RFC 6177). Whatever is no address counts as one client: a name that a proxy makes up anew each time is no way around.
 */
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

/** The same, and of IPv6 the networks of 56 and of 48 bits around it: a whole customer may have these. */
export function clientNetworks(req: Pick<Request, 'ip'>): string[] {
  const address = clientAddress(req);
  const [a, b, c, d] = address.split(':');
  if (d === undefined) return [address];
  return [address, `${a}:${b}:${c}:${hex(parseInt(d, 16) >> 8)}/56`, `${a}:${b}:${c}/48`];
}

/** The eight numbers of an IPv6 address; undefined for anything else. URL writes it in one way, with `::` at most once. */
function groupsOf(address: string): number[] | undefined {
  const written = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
  if (written === undefined || isIP(address) !== 6) return undefined;
  const [left = [], right = []] = written.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => parseInt(group, 16));
}

const hex = (group: number) => group.toString(16);

/** Express takes the client's address from this header as it stands, and trusts proxies by it: addresses alone. */
export function normalizeForwardedFor(req: Request, res: Response, next: NextFunction): void {
  const given = req.headers['x-forwarded-for'];
  if (given) req.headers['x-forwarded-for'] = String(given).split(',').map(withoutPort).join(', ');
  next();
}

/** `192.0.2.1:4711`, `[2001:db8::1]:4711`, either in quotation marks or behind `for=` (RFC 7239, 6): the address. */
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
