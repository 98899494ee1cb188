// `disable`, `enable` and `sessions end`: control who can sign in, and end sessions.
import { disable, enable } from '../accounts/disabling.ts';
import type { Account } from '../accounts/queries.ts';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { deleteSessions, startEpoch } from '../sessions/queries.ts';
import type { Outcome, PersonCommand } from './command.ts';

export const disableUser: PersonCommand = {
  name: 'disable',
  argument: 'NAME',
  summary: 'lets them in no longer, and signs them out everywhere',
  details: `Nobody can sign in as this person until "enable"; open invitations of theirs are void. The mailbox stays as it is,
and letters to them still arrive. The person finds a notice, once they are let in again.`,
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: (db) => disable(db, person.id),
      notice: 'The operator of this server disabled your account, which ended all your sessions.',
      done: `${person.username} is disabled, and signed out everywhere.`,
      already: `${person.username} was disabled already.`,
    }),
};

export const enableUser: PersonCommand = {
  name: 'enable',
  argument: 'NAME',
  summary: 'lets them in again',
  details: 'Undoes "disable". The person finds a notice.',
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: (db) => enable(db, person.id),
      notice: 'The operator of this server enabled your account again.',
      done: `${person.username} is enabled.`,
      already: `${person.username} was not disabled.`,
    }),
};

export const endSessions: PersonCommand = {
  name: 'sessions end',
  argument: 'NAME',
  summary: 'signs them out everywhere',
  details: `Ends all sessions of this person, also for requests that are under way; pages that are open learn of it at once.
The person logs in again with the same password, and finds a notice.`,
  options: [],
  run: ({ pool }, person) =>
    change(pool, person, {
      work: async (db) => {
        await startEpoch(db, person.id);
        await deleteSessions(db, person.id);
        return true;
      },
      notice: 'The operator of this server ended all your sessions. Logging in again is all that is needed.',
      done: `${person.username} is signed out everywhere.`,
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
