// The second factor in SQL: whether a second step is asked for, and the secret that codes are made from.
import { asOwner } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import type { Credential } from '../passkeys/queries.ts';

const hasCodes = 'exists (select from totp where user_id = u.id)';
const hasPasskeys = 'exists (select from passkeys where user_id = u.id)';
/** A condition on `users u`: a second step is asked for after the password. */
export const isAsked = `(${hasCodes} or u.passkey_asked_at is not null and ${hasPasskeys})`;

/** Whether the password alone does not sign this person in. */
export async function requiresTwoFactor(db: Database, userId: string): Promise<boolean> {
  const { rows } = await asOwner(userId, () =>
    db.query<{ isAsked: boolean }>(`select ${isAsked} as "isAsked" from users u where u.id = $1`, [userId]),
  );
  return rows[0]?.isAsked ?? false;
}

/** Somebody who has given the right password and not signed in yet. */
export interface TwoFactorLogin {
  id: string;
  epoch: number;
  username: string;
  /** What the codes are made from, sealed; null for who has no codes. */
  secret: Buffer | null;
  passkeys: Credential[];
}

/** Whose second step it is, while the epoch is that of the password; undefined when none is asked for any more. */
export async function findTwoFactorLogin(
  db: Database,
  userId: string,
  epoch: number,
): Promise<TwoFactorLogin | undefined> {
  const { rows } = await db.query<TwoFactorLogin>(
    `select u.id, u.epoch, u.username, t.secret, array (
       select json_build_object('id', credential_id, 'transports', transports) from passkeys where user_id = u.id
       order by id) as passkeys
     from users u left join totp t on t.user_id = u.id
     where u.id = $1 and u.epoch = $2 and u.disabled_at is null and u.username is not null and ${isAsked}`,
    [userId, epoch],
  );
  return rows[0];
}

/** What the page of the second factor shows. */
export interface Factors {
  /** Since when codes are asked for, or null. */
  codesSince: Date | null;
  hasPasskeys: boolean;
  /** Since when one of them is asked for, or null. */
  passkeySince: Date | null;
  /** Whether there is another way in, should all of that be lost. */
  hasRecoveryCodes: boolean;
}

export async function findFactors(db: Database, userId: string): Promise<Factors> {
  const { rows } = await db.query<Factors>(
    `select t.confirmed_at as "codesSince", ${hasPasskeys} as "hasPasskeys",
            u.passkey_asked_at as "passkeySince",
            exists (select from recovery_codes where user_id = u.id and cardinality(hashes) > 0) as "hasRecoveryCodes"
     from users u left join totp t on t.user_id = u.id where u.id = $1`,
    [userId],
  );
  return rows[0] ?? { codesSince: null, hasPasskeys: false, passkeySince: null, hasRecoveryCodes: false };
}

/** From now on codes of this secret are asked for; the one of this step is used up. False when some were already. */
export async function turnTotpOn(
  db: Database,
  userId: string,
  encryptedSecret: Buffer,
  step: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into totp (user_id, secret, confirmed_at, last_step, used_steps)
     values ($1, $2, now(), $3, array[$3::int]) on conflict do nothing`,
    [userId, encryptedSecret, step],
  );
  return rowCount === 1;
}

/**
 * Uses up the code of this step and all before it. False when it was used already: of two at once, one succeeds. `newest`
 * is the last step whose code is right at this moment. Where later ones were used, the clock was put back: then each of
 * those that were not used is good, after the others of this moment.
 */
export async function useStep(db: Database, userId: string, step: number, newest: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update totp set last_step = greatest(last_step, $2), used_steps = (array[$2::int] || used_steps)[1:$4]
     where user_id = $1 and (last_step < $2
       or last_step > $3 and not exists (select from unnest(used_steps) used where used between $2 and $3))`,
    [userId, step, newest, maxUsedSteps],
  );
  return rowCount === 1;
}

/** More than anybody uses within the hours that a clock is put back. */
const maxUsedSteps = 100;

/**
 * For who has lost everything, or whose account somebody else had: only the password signs in again. The passkeys and
 * recovery codes, which would without it, are gone too.
 */
export async function dropSecondFactor(db: Database, userId: string): Promise<void> {
  await db.query(
    `with tick as (update users set passkey_asked_at = null where id = $1),
          codes as (delete from totp where user_id = $1),
          paper as (delete from recovery_codes where user_id = $1)
     delete from passkeys where user_id = $1`,
    [userId],
  );
}

/** From now on no code is asked for. False when none was. */
export async function turnTotpOff(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from totp where user_id = $1', [userId]);
  return rowCount === 1;
}

/** From now on a passkey is asked for after the password, or none any more. False where that changes nothing. */
export async function askForPasskey(db: Database, userId: string, isAskedFor: boolean): Promise<boolean> {
  const { rowCount } = await db.query(
    `update users u set passkey_asked_at = case when $2 then now() end
     where u.id = $1 and (u.passkey_asked_at is not null) <> $2 and (not $2 or ${hasPasskeys})`,
    [userId, isAskedFor],
  );
  return rowCount === 1;
}
