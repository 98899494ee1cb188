// Reads the account.json of an export.
import { z } from 'zod';
import type { Contacts } from '../contacts-record.ts';

// In bytes: 200 drafts of max length take 12 MB.
const maxAccountLength = 20_000_000;

// As the database has them (users_username_check).
const names = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9_.-]{2,29}$/))
  .max(100_000)
  .catch([]);
const account = z.object({
  drafts: z.array(z.unknown()).catch([]),
  contacts: z.object({ accepted: names, blocked: names }).catch({ accepted: [], blocked: [] }),
});

/** How many drafts an account.json has, and its contacts; nothing where it is malformed. */
export async function readAccount(source: AsyncIterable<Buffer>): Promise<Contacts & { drafts: number }> {
  const nothing = { drafts: 0, accepted: [], blocked: [] };
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of source) {
    pieces.push(piece);
    if ((size += piece.length) > maxAccountLength) return nothing;
  }
  try {
    const { drafts, contacts } = account.parse(JSON.parse(Buffer.concat(pieces).toString()));
    return { drafts: drafts.length, ...contacts };
  } catch {
    return nothing;
  }
}
