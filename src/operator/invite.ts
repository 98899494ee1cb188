// `invite`: creates an invitation link for registration.
import { invitationLink } from '../accounts/invitations/admission.ts';
import { makeInvitation, operator } from '../accounts/invitations/queries.ts';
import { addressForOthers } from '../web/site-address.ts';
import { exactTime } from '../web/times.ts';
import type { PlainCommand } from './command.ts';

export const invite: PlainCommand = {
  name: 'invite',
  summary: 'print a link for one registration',
  details:
    'Prints a link for one registration, valid for seven days unless you set --days. Required if REGISTRATION=invite.',
  options: ['days'],
  run: async ({ pool, config, options }) => {
    const { token, expiresAt } = await makeInvitation(pool, operator, options.days);
    const link = invitationLink(addressForOthers(config), token);
    const hint = {
      open: ' Registration is open: everybody can register without it.',
      invite: '',
      approve: ' Without it, an administrator decides about each registration.',
      closed: ' Registration is closed: it does not work until REGISTRATION=invite.',
    }[config.registration];
    return {
      rows: { link, expiresAt },
      text: link,
      note: `One person can register with it, until ${exactTime(expiresAt)}.${hint}`,
    };
  },
};
