// First contact: where a message goes whose sender the recipient has neither written to nor accepted.
import type { WebContext } from '../../web/context.ts';

/** Everybody's to the inbox; to the requests; or aside, except from people whom the recipient has written to. */
export const firstContacts = ['inbox', 'requests', 'known'] as const;
export type FirstContact = (typeof firstContacts)[number];

/** For people who have not chosen: where anybody can register, strangers ask first. */
export function defaultFirstContact({ config, site }: Pick<WebContext, 'config' | 'site'>): FirstContact {
  return config.firstContact ?? (site.registration === 'open' ? 'requests' : 'inbox');
}
