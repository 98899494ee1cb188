// `reset-link`: a link to set a new password, which the operator neither learns nor sets.
import { transaction } from '../database/transaction.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { makeResetLink } from '../accounts/reset-links/queries.ts';
import { exactTime } from '../web/times.ts';
import type { PersonCommand } from './command.ts';

export const resetLink: PersonCommand = {
  name: 'reset-link',
  argument: 'NAME',
  summary: 'a link with which they set a new password',
  details: `Prints a link that works once, for an hour. Be sure whom you give it to: whoever opens it sets the password and
has the account. Setting it signs out everything else; making the link changes nothing. A newer link, or any other
change of the password, makes it void. The person finds a notice.`,
  options: ['drop-second-factor'],
  run: async ({ pool, config, options }, { id, username }) => {
    const dropsSecondFactor = options['drop-second-factor'] ?? false;
    const { token, expiresAt } = await transaction(pool, async (db) => {
      await leaveNotice(db, id, notice(dropsSecondFactor));
      return makeResetLink(db, id, dropsSecondFactor);
    });
    await tellAll(pool, [id]);
    const link = `${config.publicUrl}/reset/${token}`;
    return {
      rows: { username, link, expiresAt, dropsSecondFactor },
      text: link,
      note: `It works once, until ${exactTime(expiresAt)}, for whoever has it: give it to nobody but ${username}.`,
    };
  },
};

function notice(dropsSecondFactor: boolean): string {
  const also = dropsSecondFactor
    ? ', and that your second factor, passkeys and recovery codes are then removed'
    : '';
  return (
    `The operator of this server made a link with which your password can be set anew${also}. It works once, within ` +
    'an hour. If you did not ask for it, ask them why.'
  );
}
