// The second factor in SQL: TOTP secrets, and whether login requires a second factor.
import { asOwner } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import { hasPasskey, type Credential } from '../passkeys/queries.ts';

const hasCodes = 'exists (select from totp where user_id = $1)';
const hasPasskeys = 'exists (select from passkeys where user_id = $1)';
/** A condition on `users u`, whose id is $1: login requires a second factor. */
const isAsked = `(${hasCodes} or u.passkey_asked_at is not null and ${hasPasskeys})`;

export async function requiresTwoFactor(db: Database, userId: string): Promise<boolean> {
  const { rows } = await asOwner(userId, () =>
    db.query<{ isAsked: boolean }>(`select ${isAsked} as "isAsked" from users u where u.id = $1`, [userId]),
  );
  return rows[0]?.isAsked ?? false;
}

/** Those of these users whose login requires a second factor. */
export async function listTwoFactorUsers(db: Database, userIds: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `select t.user_id as id from totp t where t.user_id = any ($1::uuid[])
     union all
     select u.id from users u join passkeys p on p.user_id = u.id
     where u.passkey_asked_at is not null and p.user_id = any ($1::uuid[])`,
    [userIds],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface TwoFactorLogin {
  id: string;
  epoch: number;
  username: string;
  secret: Buffer | null;
  passkeys: Credential[];
}

/** Undefined if the epoch is no longer that of the password, or no second factor is required any more. */
export async function findTwoFactorLogin(
  db: Database,
  userId: string,
  epoch: number,
): Promise<TwoFactorLogin | undefined> {
  const { rows } = await db.query<TwoFactorLogin>(
    `select u.id, u.epoch, u.username, t.secret, array (
       select json_build_object('id', credential_id, 'transports', transports) from passkeys where user_id = $1
       order by id) as passkeys
     from users u left join totp t on t.user_id = $1
     where u.id = $1 and u.epoch = $2 and u.disabled_at is null and u.username is not null and ${isAsked}`,
    [userId, epoch],
  );
  return rows[0];
}

/** `…Since`: since when login asks for it, or null. */
export interface Factors {
  codesSince: Date | null;
  hasPasskeys: boolean;
  passkeySince: Date | null;
  hasRecoveryCodes: boolean;
}

export async function findFactors(db: Database, userId: string): Promise<Factors> {
  const { rows } = await db.query<Factors>(
    `select t.confirmed_at as "codesSince", ${hasPasskeys} as "hasPasskeys",
            u.passkey_asked_at as "passkeySince",
            exists (select from recovery_codes where user_id = $1 and cardinality(hashes) > 0) as "hasRecoveryCodes"
     from users u left join totp t on t.user_id = $1 where u.id = $1`,
    [userId],
  );
  return rows[0] ?? { codesSince: null, hasPasskeys: false, passkeySince: null, hasRecoveryCodes: false };
}

/** Consumes the code of `step`. False if TOTP was on already. */
export async function turnTotpOn(
  db: Database,
  userId: string,
  encryptedSecret: Buffer,
  step: number,
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into totp (user_id, secret, confirmed_at, last_step, used_steps)
     values ($1, $2, now(), $3, array[$3::int]) on conflict do nothing returning user_id`,
    [userId, encryptedSecret, step],
  );
  return rows.length === 1;
}

/** Consumes the code of `step` and all before it; false if it was used. `newest` is the latest step valid now: if later
 * ones were used, the clock was set back, and `step` is good if none from it to `newest` was used. */
export async function useStep(db: Database, userId: string, step: number, newest: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update totp set last_step = greatest(last_step, $2), used_steps = (array[$2::int] || used_steps)[1:$4]
     where user_id = $1 and (last_step < $2
       or last_step > $3 and not exists (select from unnest(used_steps) used where used between $2 and $3))`,
    [userId, step, newest, maxUsedSteps],
  );
  return rowCount === 1;
}

/** More than anyone uses within the hours that a clock is set back. */
const maxUsedSteps = 100;

/** For a lost or compromised account. Passkeys and recovery codes go too: they log in without the password. */
export async function dropSecondFactor(db: Database, userId: string): Promise<void> {
  await db.query('update users set passkey_asked_at = null where id = $1', [userId]);
  await db.query(
    `with codes as (delete from totp where user_id = $1),
          paper as (delete from recovery_codes where user_id = $1)
     delete from passkeys where user_id = $1`,
    [userId],
  );
}

export async function turnTotpOff(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from totp where user_id = $1', [userId]);
  return rowCount === 1;
}

/** Turns the passkey as second factor on or off; false if that changes nothing. Within `ChangeAccount`. */
export async function askForPasskey(db: Database, userId: string, isAskedFor: boolean): Promise<boolean> {
  if (isAskedFor && !(await hasPasskey(db, userId))) return false;
  const { rowCount } = await db.query(
    `update users set passkey_asked_at = case when $2 then now() end
     where id = $1 and (passkey_asked_at is not null) <> $2`,
    [userId, isAskedFor],
  );
  return rowCount === 1;
}
