// `disable`, `enable`, `name clear` and `sessions end`: control who can sign in, and how they are shown.
import { disable, enable } from '../accounts/disabling.ts';
import { setDisplayName, type Account } from '../accounts/queries.ts';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { deleteSessions, startEpoch } from '../sessions/queries.ts';
import type { Outcome, PersonCommand } from './command.ts';

export const disableUser: PersonCommand = {
  name: 'disable',
  argument: 'NAME',
  summary: 'block logins, and log out everywhere',
  details: `Nobody can log in to the account until "enable"; its unused invitations are void. The mailbox is kept, and
messages still arrive. The user finds a notice after "enable".`,
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: (db) => disable(db, person.id),
      notice: 'The operator of this server disabled your account, which ended all your sessions.',
      done: `${person.username} is disabled, and logged out everywhere.`,
      already: `${person.username} was disabled already.`,
    }),
};

export const enableUser: PersonCommand = {
  name: 'enable',
  argument: 'NAME',
  summary: 'allow logins again',
  details: 'Undoes "disable". The user gets a notice.',
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: (db) => enable(db, person.id),
      notice: 'The operator of this server enabled your account again.',
      done: `${person.username} is enabled.`,
      already: `${person.username} was not disabled.`,
    }),
};

export const clearName: PersonCommand = {
  name: 'name clear',
  argument: 'NAME',
  summary: 'remove the display name',
  details: `People see the username alone. The user gets a notice, and may choose another display name.`,
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: (db) => setDisplayName(db, person.id, null),
      notice: 'The operator of this server removed your display name.',
      done: `${person.username} has no display name any more.`,
      already: `${person.username} had no display name.`,
    }),
};

export const endSessions: PersonCommand = {
  name: 'sessions end',
  argument: 'NAME',
  summary: 'log out everywhere',
  details: `Ends all sessions of the user, including requests in flight; open pages are logged out immediately. The user
logs in with the same password, and gets a notice.`,
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: async (db) => {
        await startEpoch(db, person.id);
        await deleteSessions(db, person.id);
        return true;
      },
      notice: 'The operator of this server ended all your sessions. You only need to log in again.',
      done: `${person.username} is logged out everywhere.`,
    }),
};

interface Change {
  work: (db: Database) => Promise<boolean>; // false: nothing changed
  notice: string;
  done: string;
  already?: string;
}

async function change(
  pool: Pool,
  person: Account,
  { work, notice, done, already }: Change,
): Promise<Outcome> {
  const isChanged = await transaction(pool, async (db) => {
    if (!(await work(db))) return false;
    await leaveNotice(db, person.id, notice);
    return true;
  });
  await tellAll(pool, [person.id]);
  return { rows: { username: person.username, isChanged }, text: isChanged ? done : already };
}
