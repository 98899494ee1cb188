// `sessions end`, `disable`, `enable`, `name clear` and `admin`: who can log in, how they are shown, who administers.
import {
  clearName,
  disableUser,
  enableUser,
  endAdmin,
  endSessions,
  makeAdmin,
  perform,
  type PersonAct,
} from '../admin/people/acts.ts';
import { StartupError } from '../startup-error.ts';
import { operator, type PersonCommand } from './command.ts';
import { otherwise, refused } from './last-administrator.ts';

function personCommand(act: PersonAct, summary: string, details: string): PersonCommand {
  return {
    name: act.command,
    argument: 'NAME',
    summary,
    details,
    options: act.takesAdmin ? ['last-administrator'] : [],
    run: async ({ pool, options }, person) => {
      const evenLast = options['last-administrator'];
      const { isChanged, isRefused, words } = await perform(pool, operator, act, person, evenLast);
      if (isRefused) throw new StartupError(`${words} ${otherwise}`);
      return { rows: { username: person.username, isChanged }, text: words };
    },
  };
}

export const accessCommands: PersonCommand[] = [
  personCommand(
    endSessions,
    'log out everywhere',
    `Ends all sessions of the user, including requests in flight; open pages are logged out immediately. The user
logs in with the same password, and gets a notice.`,
  ),
  personCommand(
    clearName,
    'remove the display name',
    'People see the username alone. The user gets a notice, and may choose another display name.',
  ),
  personCommand(
    disableUser,
    'block logins, and log out everywhere',
    `Nobody can log in to the account until "enable"; its unused invitations are void. The mailbox is kept, and
messages still arrive. The user finds a notice after "enable". ${refused}`,
  ),
  personCommand(enableUser, 'allow logins again', 'Undoes "disable". The user gets a notice.'),
  personCommand(
    makeAdmin,
    'make an administrator',
    `Administrators do most of what these commands do on pages below /admin, for which they confirm their password.
They cannot read messages. The user gets a notice.`,
  ),
  personCommand(
    endAdmin,
    'end the rights of an administrator',
    `The account stays as it is. The user gets a notice. ${refused}`,
  ),
];
