// WebAuthn ceremonies: creates the options for the browser and verifies its responses.
import { bytesOfId } from '../../ids.ts';
import { consumeNonce } from '../../secrets/nonces.ts';
import type { WebContext } from '../../web/context.ts';
import type { NewPasskeyAnswer, UseAnswer } from './answers.ts';
import { createChallenge, isOwnChallenge } from './challenges.ts';
import { notePasskeyUse, type Credential, type KnownPasskey, type NewPasskey } from './queries.ts';

// EdDSA, ES256, RS256: every authenticator supports one of them (COSE, as in WebAuthn 5.4.3).
const algorithms = [-8, -7, -257];

export interface Question {
  origin: string;
  create?: object;
  get?: object;
}

export function creationOptions(
  { config: { publicUrl }, encryption, site }: WebContext,
  user: { id: string; username: string },
  known: Credential[],
): Question {
  const create = {
    challenge: createChallenge(encryption, forNew(user.id)),
    rp: { id: siteOf(publicUrl), name: site.name },
    user: {
      id: bytesOfId(user.id).toString('base64url'),
      name: user.username,
      displayName: user.username,
    },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known.map(describe),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: 'none',
  };
  return { origin: publicUrl, create };
}

/** Options for using one of `known`, or without any, whichever passkey the browser has for this site. */
export function requestOptions(
  { config: { publicUrl }, encryption }: WebContext,
  purpose: string,
  known: Credential[] = [],
): Question {
  const get = {
    challenge: createChallenge(encryption, purpose),
    rpId: siteOf(publicUrl),
    allowCredentials: known.map(describe),
    userVerification: 'preferred',
  };
  return { origin: publicUrl, get };
}

/** The new passkey, or undefined if the answer is not valid. Consumes the challenge. */
export async function verifyRegistration(
  ctx: WebContext,
  userId: string,
  answer: NewPasskeyAnswer,
): Promise<NewPasskey | undefined> {
  const { verifyRegistrationResponse } = await library();
  const checked = await orUndefined(
    verifyRegistrationResponse({
      response: answer,
      ...expected(ctx, forNew(userId)),
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    }),
  );
  if (!checked?.verified || !(await consumeNonce(ctx.pool, challengeOf(answer)))) return undefined;
  const { id, publicKey, counter } = checked.registrationInfo.credential;
  const { userVerified: isUnlocked } = checked.registrationInfo;
  return { id, publicKey, counter, transports: answer.response.transports, isUnlocked };
}

/** Consumes the challenge. `mustVerify` requires user verification, with which the passkey replaces the password. */
export async function verifyAuthentication(
  ctx: WebContext,
  purpose: string,
  answer: UseAnswer,
  { id, credentialId, publicKey, counter, account }: KnownPasskey,
  mustVerify: boolean,
): Promise<boolean> {
  const { verifyAuthenticationResponse } = await library();
  const checked = await orUndefined(
    verifyAuthenticationResponse({
      response: answer,
      ...expected(ctx, purpose),
      credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter },
      requireUserVerification: mustVerify,
    }),
  );
  if (!checked?.verified || !(await consumeNonce(ctx.pool, challengeOf(answer)))) return false;
  return notePasskeyUse(ctx.pool, account.id, id, checked.authenticationInfo.newCounter);
}

const forNew = (userId: string) => `new, of ${userId}`;

/** Passkeys are bound to the site at PUBLIC_URL; browsers offer them to no other. */
const siteOf = (publicUrl: string) => new URL(publicUrl).hostname;

function expected({ config: { publicUrl }, encryption }: WebContext, purpose: string) {
  return {
    expectedChallenge: (challenge: string) => isOwnChallenge(encryption, purpose, challenge),
    expectedOrigin: publicUrl,
    expectedRPID: siteOf(publicUrl),
  };
}

/** Loaded on first use: it takes 200 ms and 30 MB, which many sites never need. */
const library = () => import('@simplewebauthn/server');

/** The library throws on any invalid response. Its input is either ours or from the browser. */
async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(() => undefined);
}

function challengeOf({ response }: NewPasskeyAnswer | UseAnswer): string {
  const client = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()) as {
    challenge: string;
  };
  return client.challenge;
}

function describe({ id, transports }: Credential) {
  return { type: 'public-key', id, transports };
}
