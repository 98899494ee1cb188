// What the operator on the command line, or an administrator on a page, does about one person; each leaves a notice.
import { deleteAccount } from '../../accounts/deletion/delete-account.ts';
import { disable, enable } from '../../accounts/disabling.ts';
import { setDisplayName } from '../../accounts/queries.ts';
import { makeResetLink } from '../../accounts/reset-links/queries.ts';
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { tellAll } from '../../mailbox/live/notifier.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { deleteSessions, startEpoch } from '../../sessions/queries.ts';
import { grantAdmin, isLastAdminLocked, resign, revokeAdmin } from '../../accounts/administrators.ts';

export interface Subject {
  id: string;
  username: string;
}

/** As notices name them. */
export type Actor = 'The operator of this server' | 'An administrator';

export interface PersonAct {
  /** In the log, and on the command line. */
  command: string;
  /** False: nothing changed. */
  work: (db: Database, userId: string) => Promise<boolean>;
  /** What follows the actor. */
  notice: string;
  /** These two follow the username. */
  done: string;
  already?: string;
  /** Not without another administrator. */
  takesAdmin?: boolean;
}

export const endSessions: PersonAct = {
  command: 'sessions end',
  work: async (db, userId) => {
    await startEpoch(db, userId);
    await deleteSessions(db, userId);
    return true;
  },
  notice: 'ended all your sessions. You only need to log in again.',
  done: 'is logged out everywhere.',
};

export const disableUser: PersonAct = {
  command: 'disable',
  work: disable,
  notice: 'disabled your account, which ended all your sessions.',
  done: 'is disabled, and logged out everywhere.',
  already: 'was disabled already.',
  takesAdmin: true,
};

export const enableUser: PersonAct = {
  command: 'enable',
  work: enable,
  notice: 'enabled your account again.',
  done: 'is enabled.',
  already: 'was not disabled.',
};

export const clearName: PersonAct = {
  command: 'name clear',
  work: (db, userId) => setDisplayName(db, userId, null),
  notice: 'removed your display name.',
  done: 'has no display name any more.',
  already: 'had no display name.',
};

export const makeAdmin: PersonAct = {
  command: 'admin grant',
  work: grantAdmin,
  notice: 'made you an administrator: see “Administration” at the foot of each page.',
  done: 'is an administrator.',
  already: 'was an administrator already.',
};

export const endAdmin: PersonAct = {
  command: 'admin revoke',
  work: revokeAdmin,
  notice: 'ended your rights as an administrator.',
  done: 'is no administrator any more.',
  already: 'was no administrator.',
  takesAdmin: true,
};

export interface Done {
  isChanged: boolean;
  /** The last administrator stays one. */
  isRefused: boolean;
  words: string;
}

/** `evenLast`: also leaves a site without an administrator. */
export function perform(
  pool: Pool,
  actor: Actor,
  act: PersonAct,
  { id, username }: Subject,
  evenLast = false,
): Promise<Done> {
  return asOwner(id, async () => {
    const outcome = await transaction(pool, async (db) => {
      if (act.takesAdmin && !evenLast && (await isLastAdminLocked(db, id))) return 'last';
      if (!(await act.work(db, id))) return 'already';
      await leaveNotice(db, id, `${actor} ${act.notice}`);
      return 'done';
    });
    await tellAll(pool, [id]);
    const words = { last, done: act.done, already: act.already ?? act.done }[outcome];
    return { isChanged: outcome === 'done', isRefused: outcome === 'last', words: `${username} ${words}` };
  });
}

const last = 'is the last administrator. Nothing was changed: make somebody else one first.';

/** Works once, for an hour; a new one replaces it. */
export function makeResetLinkFor(
  pool: Pool,
  address: string, // as in web/site-address.ts
  actor: Actor,
  { id }: Subject,
  dropsSecondFactor: boolean,
): Promise<{ link: string; expiresAt: Date }> {
  return asOwner(id, async () => {
    const { token, expiresAt } = await transaction(pool, async (db) => {
      await leaveNotice(db, id, resetNotice(actor, dropsSecondFactor));
      return makeResetLink(db, id, dropsSecondFactor);
    });
    await tellAll(pool, [id]);
    return { link: `${address}/reset/${token}`, expiresAt };
  });
}

function resetNotice(actor: Actor, dropsSecondFactor: boolean): string {
  const also = dropsSecondFactor ? ' and your second factor, passkeys and recovery codes removed' : '';
  return (
    `${actor} made a link with which a new password can be set${also}. It works once, within an hour. If you did not ` +
    'ask for it, ask them why.'
  );
}

/** The rest of a large mailbox is deleted after this has returned. */
export function deletePerson(
  pool: Pool,
  { id, username }: Subject,
  onError: (error: Error) => void,
  evenLast = false,
): Promise<Done> {
  return asOwner(id, async () => {
    if (!(await resign(pool, id, evenLast)))
      return { isChanged: false, isRefused: true, words: `${username} ${last}` };
    await deleteAccount(pool, id, onError);
    await tellAll(pool, [id]);
    return { isChanged: true, isRefused: false, words: `${username} is deleted.` };
  });
}
