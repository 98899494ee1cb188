// `reset-link`: a link to set a new password, which the operator neither learns nor sets.
import { makeResetLinkFor } from '../admin/people/acts.ts';
import { addressForOthers } from '../web/site-address.ts';
import { exactTime } from '../web/times.ts';
import { operator, type PersonCommand } from './command.ts';

export const resetLink: PersonCommand = {
  name: 'reset-link',
  argument: 'NAME',
  summary: 'print a link for setting a new password',
  details: `Prints a link that works once, for an hour. Give it to nobody but the user: it is enough to take over the
account. The new password logs out all devices; the link alone changes nothing. A newer link, or any other change of
the password, makes it void. The user gets a notice.`,
  options: ['drop-second-factor'],
  run: async ({ pool, config, options }, person) => {
    const { username } = person;
    const drops = options['drop-second-factor'] ?? false;
    const { link, expiresAt } = await makeResetLinkFor(
      pool,
      addressForOthers(config),
      operator,
      person,
      drops,
    );
    return {
      rows: { username, link, expiresAt, dropsSecondFactor: drops },
      text: link,
      note: `It works once, until ${exactTime(expiresAt)}. Give it to nobody but ${username}.`,
    };
  },
};
