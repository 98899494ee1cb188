// Parses WebAuthn responses: JSON in a form field, from PublicKeyCredential.toJSON() (WebAuthn Level 3).
import { z } from 'zod';

// A credential ID has at most 1023 bytes (WebAuthn, 5.1).
const credential = z.object({
  id: z.base64url().min(1).max(1364),
  rawId: z.string(),
  type: z.literal('public-key'),
  clientExtensionResults: z.unknown().transform(() => ({})),
});

const newPasskey = credential.extend({
  response: z.object({
    clientDataJSON: z.base64url(),
    attestationObject: z.base64url(),
    transports: z.array(z.string().regex(/^[a-z-]{1,20}$/)).max(10).default([]), // prettier-ignore
  }),
});

const use = credential.extend({
  response: z.object({
    clientDataJSON: z.base64url(),
    authenticatorData: z.base64url(),
    signature: z.base64url(),
    /** The user ID given at registration; some passkeys do not store it. */
    userHandle: z.base64url().nullish().transform((handle) => handle ?? undefined), // prettier-ignore
  }),
});

export type NewPasskeyAnswer = z.infer<typeof newPasskey>;
export type UseAnswer = z.infer<typeof use>;

export function readNewPasskey(field: string | undefined): NewPasskeyAnswer | undefined {
  return newPasskey.safeParse(parse(field)).data;
}

export function readUse(field: string | undefined): UseAnswer | undefined {
  return use.safeParse(parse(field)).data;
}

function parse(field = ''): unknown {
  try {
    return JSON.parse(field);
  } catch {
    return undefined;
  }
}
