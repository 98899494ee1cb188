// Rate limits by client address.
import type { Request } from 'express';
import { clientNetworks } from './client-address.ts';
import type { WebContext } from './context.ts';
import { consumeAll, type Refund } from './rate-limits.ts';

/** Per client address. IPv6 providers often assign a /56 (RFC 6177): it may do twice as much, a /48 four times. */
export function addressLimits(
  { rateLimits }: WebContext,
  req: Request,
  name: string,
  points: number,
  seconds: number,
): (() => Promise<Refund>)[] {
  return clientNetworks(req).map((network, n) => {
    const factor = 2 ** n;
    const limit = rateLimits(n === 0 ? name : `${name}-${factor}`, factor * points, seconds);
    return () => limit.consume(network);
  });
}

/** Counts an attempt of the client address; returns its refund, or throws a 429. */
export function consumeByAddress(...limit: Parameters<typeof addressLimits>): Promise<Refund> {
  return consumeAll(addressLimits(...limit));
}
