// `reset-link`: a link to set a new password, which the operator neither learns nor sets.
import { transaction } from '../database/transaction.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { makeResetLink } from '../accounts/reset-links/queries.ts';
import { addressForOthers } from '../web/site-address.ts';
import { exactTime } from '../web/times.ts';
import type { PersonCommand } from './command.ts';

export const resetLink: PersonCommand = {
  name: 'reset-link',
  argument: 'NAME',
  summary: 'print a link for setting a new password',
  details: `Prints a link that works once, for an hour. Give it to nobody but the user: it is enough to take over the
account. The new password logs out all devices; the link alone changes nothing. A newer link, or any other change of
the password, makes it void. The user gets a notice.`,
  options: ['drop-second-factor'],
  run: async ({ pool, config, options }, { id, username }) => {
    const dropsSecondFactor = options['drop-second-factor'] ?? false;
    const { token, expiresAt } = await transaction(pool, async (db) => {
      await leaveNotice(db, id, notice(dropsSecondFactor));
      return makeResetLink(db, id, dropsSecondFactor);
    });
    await tellAll(pool, [id]);
    const link = `${addressForOthers(config)}/reset/${token}`;
    return {
      rows: { username, link, expiresAt, dropsSecondFactor },
      text: link,
      note: `It works once, until ${exactTime(expiresAt)}. Give it to nobody but ${username}.`,
    };
  },
};

function notice(dropsSecondFactor: boolean): string {
  const also = dropsSecondFactor ? ' and your second factor, passkeys and recovery codes removed' : '';
  return (
    `The operator of this server made a link with which a new password can be set${also}. It works once, within ` +
    'an hour. If you did not ask for it, ask them why.'
  );
}
