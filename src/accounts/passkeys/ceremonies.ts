// WebAuthn ceremonies: creates the options for the browser and verifies its responses.
import type { Config } from '../../config.ts';
import type { Database } from '../../database/pool.ts';
import { bytesOfId } from '../../ids.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { consumeNonce } from '../../secrets/nonces.ts';
import type { NewPasskeyAnswer, UseAnswer } from './answers.ts';
import { openChallenges } from './challenges.ts';
import { notePasskeyUse, type Credential, type KnownPasskey, type NewPasskey } from './queries.ts';

// EdDSA, ES256, RS256: every authenticator supports one of them (COSE, as in WebAuthn 5.4.3).
const algorithms = [-8, -7, -257];

export interface Question {
  origin: string;
  create?: object;
  get?: object;
}

export interface Ceremonies {
  /** Options for a new passkey, excluding devices that already hold one. */
  askForNew(user: { id: string; username: string }, known: Credential[]): Question;
  /** Options for using one of `known`, or without any, whichever passkey the browser has for this site. */
  askForUse(purpose: string, known?: Credential[]): Question;
  checkNew(userId: string, answer: NewPasskeyAnswer): Promise<NewPasskey | undefined>;
  /** Consumes the challenge. `mustVerify` requires user verification, with which the passkey replaces the password. */
  checkUse(purpose: string, answer: UseAnswer, passkey: KnownPasskey, mustVerify: boolean): Promise<boolean>;
}

/** Passkeys are bound to the site at `publicUrl`; browsers offer them to no other. */
export function openCeremonies(
  db: Database,
  encryption: Encryption,
  { publicUrl }: Pick<Config, 'publicUrl'>,
): Ceremonies {
  const challenges = openChallenges(encryption);
  const site = new URL(publicUrl).hostname;
  const forNew = (userId: string) => `new, of ${userId}`;
  const expected = (purpose: string) => ({
    expectedChallenge: (challenge: string) => challenges.isOurs(purpose, challenge),
    expectedOrigin: publicUrl,
    expectedRPID: site,
  });

  return {
    askForNew(user, known) {
      const create = {
        challenge: challenges.make(forNew(user.id)),
        rp: { id: site, name: 'Private Messages' },
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
    },

    askForUse(purpose, known = []) {
      const get = {
        challenge: challenges.make(purpose),
        rpId: site,
        allowCredentials: known.map(describe),
        userVerification: 'preferred',
      };
      return { origin: publicUrl, get };
    },

    async checkNew(userId, answer) {
      const { verifyRegistrationResponse } = await library();
      const checked = await orUndefined(
        verifyRegistrationResponse({
          response: answer,
          ...expected(forNew(userId)),
          requireUserVerification: false,
          supportedAlgorithmIDs: algorithms,
        }),
      );
      if (!checked?.verified || !(await consumeNonce(db, challengeOf(answer)))) return undefined;
      const { id, publicKey, counter } = checked.registrationInfo.credential;
      const { userVerified: isUnlocked } = checked.registrationInfo;
      return { id, publicKey, counter, transports: answer.response.transports, isUnlocked };
    },

    async checkUse(purpose, answer, { id, credentialId, publicKey, counter, account }, mustVerify) {
      const { verifyAuthenticationResponse } = await library();
      const checked = await orUndefined(
        verifyAuthenticationResponse({
          response: answer,
          ...expected(purpose),
          credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter },
          requireUserVerification: mustVerify,
        }),
      );
      if (!checked?.verified || !(await consumeNonce(db, challengeOf(answer)))) return false;
      return notePasskeyUse(db, account.id, id, checked.authenticationInfo.newCounter);
    },
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
