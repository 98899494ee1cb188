// Passkeys in SQL.
import type { Database } from '../../database/pool.ts';
import { newId } from '../../ids.ts';

export interface Credential {
  id: string;
  /** How its authenticator is reached, as in WebAuthn: usb, internal, hybrid… */
  transports: string[];
}

export interface PasskeyRow {
  id: string;
  name: string;
  madeAt: Date;
  usedAt: Date | null;
  credential: Credential;
}

export async function listPasskeys(db: Database, userId: string): Promise<PasskeyRow[]> {
  const { rows } = await db.query<PasskeyRow>(
    `select id, name, made_at as "madeAt", used_at as "usedAt",
            json_build_object('id', credential_id, 'transports', transports) as credential
     from passkeys where user_id = $1 order by id`,
    [userId],
  );
  return rows;
}

export interface NewPasskey extends Credential {
  publicKey: Uint8Array;
  /** The signature counter; always 0 for authenticators without one. */
  counter: number;
  /** Whether the user was verified, so that the passkey can replace the password. */
  isUnlocked: boolean;
}

export const maxPasskeys = 20;

/** False if the user has it already, or has `maxPasskeys`. Call within `ChangeAccount`. */
export async function addPasskey(
  db: Database,
  userId: string,
  name: string,
  passkey: NewPasskey,
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into passkeys (user_id, id, credential_id, public_key, counter, transports, name)
     select $1, $2, $3, $4, $5, $6, $7
     where (select count(*) from passkeys where user_id = $1) < ${maxPasskeys}
     on conflict do nothing returning id`,
    [userId, newId(), passkey.id, passkey.publicKey, passkey.counter, passkey.transports, name],
  );
  return rows.length === 1;
}

export interface KnownPasskey {
  id: string;
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  account: { id: string; username: string; epoch: number; isDisabled: boolean };
}

export async function findPasskey(
  db: Database,
  userId: string,
  credentialId: string,
): Promise<KnownPasskey | undefined> {
  const { rows } = await db.query<KnownPasskey>(
    `select p.id, p.credential_id as "credentialId", p.public_key as "publicKey", p.counter::float8 as counter,
            json_build_object('id', u.id, 'username', u.username, 'epoch', u.epoch,
                              'isDisabled', u.disabled_at is not null) as account
     from passkeys p join users u on u.id = p.user_id
     where p.user_id = $1 and p.credential_id = $2 and u.username is not null`,
    [userId, credentialId],
  );
  return rows[0];
}

/** False if the passkey is gone or its counter did not increase: a replay, or a cloned authenticator. */
export async function notePasskeyUse(
  db: Database,
  userId: string,
  id: string,
  counter: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update passkeys set used_at = now(), counter = $3
     where user_id = $1 and id = $2 and (counter < $3 or counter = 0 and $3 = 0)`,
    [userId, id, counter],
  );
  return rowCount === 1;
}

/** Returns its name, or undefined. Without any, login no longer asks for one. Within `ChangeAccount`. */
export async function removePasskey(db: Database, userId: string, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>(
    'delete from passkeys where user_id = $1 and id = $2 returning name',
    [userId, id],
  );
  if (!(await hasPasskey(db, userId)))
    await db.query(
      'update users set passkey_asked_at = null where id = $1 and passkey_asked_at is not null',
      [userId],
    );
  return rows[0]?.name;
}

export async function hasPasskey(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query('select from passkeys where user_id = $1 limit 1', [userId]);
  return rowCount === 1;
}
