// `invite`: creates an invitation link for registration.
import { invitationHint, invitationLink } from '../accounts/invitations/admission.ts';
import { makeInvitation, operator } from '../accounts/invitations/queries.ts';
import { addressForOthers } from '../web/site-address.ts';
import { describeSite, readSiteText } from '../web/site.ts';
import { exactTime } from '../web/times.ts';
import type { PlainCommand } from './command.ts';

export const invite: PlainCommand = {
  name: 'invite',
  summary: 'print a link for one registration',
  details:
    'Prints a link for one registration, valid for seven days unless you set --days. For sites that take invitations.',
  options: ['days'],
  run: async ({ pool, config, options }) => {
    const { token, expiresAt } = await makeInvitation(pool, operator, options.days);
    const site = describeSite(await readSiteText(pool), config);
    const link = invitationLink(addressForOthers(config), token);
    return {
      rows: { link, expiresAt },
      text: link,
      note: `One person can register with it, until ${exactTime(expiresAt)}.${invitationHint(site)}`,
    };
  },
};
