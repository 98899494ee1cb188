// A software passkey: responds like a browser with an authenticator, or wrongly on purpose.
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { Answer, Person } from './person.ts';

export interface Question {
  origin: string;
  create?: {
    challenge: string;
    rp: { id: string };
    user: { id: string };
    excludeCredentials: { id: string }[];
  };
  get?: { challenge: string; rpId: string; allowCredentials: { id: string }[] };
}

/** What an answer says otherwise than it should. */
interface Slips {
  challenge?: unknown;
  origin?: string;
  site?: string;
  type?: string;
  isPresent?: boolean;
  isVerified?: boolean;
  userHandle?: string | null;
  counter?: number;
  /** Signs something else than what it sends. */
  isTampered?: boolean;
  attestation?: { fmt: string; attStmt: Map<string, unknown> };
}

export interface Passkey {
  id: string;
  /** The JSON that stands in the form's field. */
  create(question: Question, slips?: Slips): string;
  use(question: Question, slips?: Slips): string;
}

/** What the page asks the browser for. */
export function questionOn({ $ }: Answer): Question {
  return JSON.parse($('[data-passkey]').first().attr('data-passkey')!) as Question;
}

/** Its counter stays at 0, as that of passkeys which are kept in a cloud, unless it counts. */
export function softPasskey({ counts = false } = {}): Passkey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  const name = id.toString('base64url');
  let used = 0;
  let owner: string | undefined;

  const client = (type: string, challenge: unknown, origin: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const head = (site: string, { isPresent = true, isVerified = true, counter }: Slips, more: number) => {
    if (counts) used += 1;
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter ?? used);
    return Buffer.concat([
      createHash('sha256').update(site).digest(),
      Buffer.from([(isPresent ? 1 : 0) + (isVerified ? 4 : 0) + more]),
      number,
    ]);
  };
  const answer = (response: object) =>
    JSON.stringify({ id: name, rawId: name, type: 'public-key', clientExtensionResults: {}, response });
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

  return {
    id: name,
    create({ origin, create }, slips = {}) {
      const { x, y } = publicKey.export({ format: 'jwk' });
      const key = new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x!, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y!, 'base64url'))],
      ]);
      const authData = Buffer.concat([
        head(slips.site ?? create!.rp.id, slips, 0x40),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        isoCBOR.encode(key),
      ]);
      const { fmt, attStmt } = slips.attestation ?? { fmt: 'none', attStmt: new Map<string, unknown>() };
      const object = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authData)],
      ]);
      owner = create!.user.id;
      return answer({
        clientDataJSON: text(
          client(
            slips.type ?? 'webauthn.create',
            slips.challenge ?? create!.challenge,
            slips.origin ?? origin,
          ),
        ),
        attestationObject: text(isoCBOR.encode(object as never)),
        transports: ['internal', 'hybrid'],
      });
    },
    use({ origin, get }, slips = {}) {
      const clientDataJSON = client(
        slips.type ?? 'webauthn.get',
        slips.challenge ?? get!.challenge,
        slips.origin ?? origin,
      );
      const authData = head(slips.site ?? get!.rpId, slips, 0);
      const signed = createHash('sha256').update(clientDataJSON).digest();
      const signature = createSign('sha256')
        .update(authData)
        .update(slips.isTampered ? signed.toReversed() : signed)
        .sign(privateKey);
      return answer({
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authData),
        signature: text(signature),
        userHandle: slips.userHandle === null ? undefined : (slips.userHandle ?? owner),
      });
    },
  };
}

/** Adds a new passkey on the page that is for it. */
export async function withPasskey(person: Person, passkey = softPasskey(), name = 'A key'): Promise<Passkey> {
  const page = await person.get('/account/passkeys');
  const credential = passkey.create(questionOn(page));
  const answer = await person.submit('/account/passkeys', { name, credential });
  if (answer.status !== 303) throw new Error(`${person.username} could not add a passkey: ${answer.status}`);
  return passkey;
}
