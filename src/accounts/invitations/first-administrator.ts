// The link of the first administrator: an invitation that works whatever REGISTRATION says, until there is one.
import { asOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { newId } from '../../ids.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { linkToken } from '../../secrets/link-tokens.ts';
import { exactTime } from '../../web/times.ts';
import { addressForOthers } from '../../web/site-address.ts';
import { invitationLink } from './admission.ts';
import { hasAdmin } from '../administrators.ts';
import {
  insertAdminInvitation,
  operator,
  renewAdminInvitation,
  withdrawAdminInvitations,
} from './queries.ts';

export interface FirstLink {
  token: string;
  expiresAt: Date;
}

/**
 * The same token at each start, valid for another week; undefined where somebody is an administrator. It is derived
 * from secret.key, as the database holds only its hash.
 */
export function findFirstLink(pool: Pool, encryption: Encryption): Promise<FirstLink | undefined> {
  const tokenOf = (id: string) => linkToken(operator, encryption.hash('administrator invitation', id));
  return asOwner(operator, () =>
    transaction(pool, async (db) => {
      // Processes that start together print the same link.
      await db.query(`select pg_advisory_xact_lock(hashtext('private-messages first administrator'))`);
      if (await hasAdmin(db)) return undefined;
      const known = await renewAdminInvitation(db);
      if (known && tokenOf(known.id).hash.equals(known.hash))
        return { token: tokenOf(known.id).token, expiresAt: known.expiresAt };
      await withdrawAdminInvitations(db); // made with another secret.key
      const id = newId();
      const { token, hash } = tokenOf(id);
      return { token, expiresAt: await insertAdminInvitation(db, id, hash) };
    }),
  );
}

export function describeFirstLink(
  config: Parameters<typeof addressForOthers>[0],
  { token, expiresAt }: FirstLink,
): string {
  const link = invitationLink(addressForOthers(config), token);
  return (
    'There is no administrator yet. The first person who registers with this link is one, until ' +
    `${exactTime(expiresAt)}:\n` +
    `${link}\nFor somebody who is registered: npm run operator -- admin grant NAME`
  );
}
