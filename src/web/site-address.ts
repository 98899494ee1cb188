// The address that links begin with: PUBLIC_URL, or one under which this machine is reached.
import { hostname, networkInterfaces } from 'node:os';
import type { Request } from 'express';
import { isEverywhere, urlOf } from '../addresses.ts';
import type { Config } from '../config.ts';

const isOfContainers = /^(docker|br-|veth|virbr)/;

type Site = Pick<Config, 'host' | 'port' | 'publicUrl' | 'isAddressGiven'>;

/** Of this machine on its networks, IPv4 first; empty unless the server listens on all of them. */
export function reachableAddresses({ host, port, isAddressGiven }: Site): string[] {
  if (isAddressGiven || !isEverywhere(host)) return [];
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses = []]) => (isOfContainers.test(name) ? [] : addresses))
    .filter(({ internal, family, address }) =>
      family === 'IPv4' ? !internal : !internal && host.includes(':') && !/^fe[89ab]/i.test(address),
    )
    .toSorted((one, other) => one.family.localeCompare(other.family))
    .map(({ address }) => urlOf({ host: address, port }));
}

/** For a link that is not asked for on a page. */
export function addressForOthers(site: Site): string {
  return reachableAddresses(site)[0] ?? site.publicUrl;
}

/** For a link on this page: the address that was used, if it is one of this machine. The Host header can say anything,
 * so no other counts: a link must not lead to somebody else's server. */
export function addressUsed(site: Site, req: Pick<Request, 'get'>): string {
  const used = URL.parse(`http://${req.get('Host')}`)?.origin;
  if (!used || site.isAddressGiven || !isEverywhere(site.host)) return site.publicUrl;
  const names = [hostname(), `${hostname()}.local`].map((host) => urlOf({ host, port: site.port }));
  return [...names, ...reachableAddresses(site)].includes(used) ? used : site.publicUrl;
}
