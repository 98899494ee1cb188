// Passkeys in SQL.
import type { Database } from '../../database/pool.ts';
import { newId } from '../../ids.ts';

/** How browsers and authenticators call a passkey. */
export interface Credential {
  id: string;
  /** How its authenticator can be reached, in the words of WebAuthn: usb, internal, hybrid… */
  transports: string[];
}

/** A passkey as its owner sees it. */
export interface PasskeyRow {
  id: string;
  name: string;
  madeAt: Date;
  usedAt: Date | null;
  credential: Credential;
}

/** All passkeys of this person, the oldest first. */
export async function listPasskeys(db: Database, userId: string): Promise<PasskeyRow[]> {
  const { rows } = await db.query<PasskeyRow>(
    `select id, name, made_at as "madeAt", used_at as "usedAt",
            json_build_object('id', credential_id, 'transports', transports) as credential
     from passkeys where user_id = $1 order by id`,
    [userId],
  );
  return rows;
}

/** What a browser says of a new passkey. */
export interface NewPasskey extends Credential {
  publicKey: Uint8Array;
  /** How often it says it has been used; always 0 for those that do not count. */
  counter: number;
  /** Whether its owner has unlocked it, so that it can stand for the password. */
  isUnlocked: boolean;
}

export const maxPasskeys = 20;

/** Adds one. False when this person has it already, or as many as anybody may have. Within `ChangeAccount`. */
export async function addPasskey(
  db: Database,
  userId: string,
  name: string,
  passkey: NewPasskey,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into passkeys (user_id, id, credential_id, public_key, counter, transports, name)
     select $1, $2, $3, $4, $5, $6, $7
     where (select count(*) from passkeys where user_id = $1) < ${maxPasskeys} on conflict do nothing`,
    [userId, newId(), passkey.id, passkey.publicKey, passkey.counter, passkey.transports, name],
  );
  return rowCount === 1;
}

/** A passkey and who would be signed in with it. */
export interface KnownPasskey {
  id: string;
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  account: { id: string; username: string; epoch: number; isDisabled: boolean };
}

/** The passkey that this person's browser calls so. */
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

/** Notes a use. False when the passkey is gone, or has counted further meanwhile: then this is an old use, or a copy. */
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

/**
 * Removes one and returns its name; undefined when this person has none with this id. Without any, none is asked for
 * after the password. Within `ChangeAccount`.
 */
export async function removePasskey(db: Database, userId: string, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>(
    'delete from passkeys where user_id = $1 and id = $2 returning name',
    [userId, id],
  );
  await db.query(
    `update users set passkey_asked_at = null
     where id = $1 and passkey_asked_at is not null and not exists (select from passkeys where user_id = $1)`,
    [userId],
  );
  return rows[0]?.name;
}
