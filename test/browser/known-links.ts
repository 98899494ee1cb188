// One-time links with known tokens, since the database keeps only hashes.
import { findAccount } from '../../src/accounts/queries.ts';
import { nobody } from '../../src/ids.ts';
import { makeInvitation } from '../../src/accounts/invitations/queries.ts';
import { readLinkToken } from '../../src/secrets/link-tokens.ts';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/person.ts';

const forgetful = '0195d9a0-7c4c-7000-8000-000000000001';
const resetToken = tokenOf(forgetful);
const invitationToken = tokenOf(nobody);
export const resetPath = `/reset/${resetToken}`;
export const invitationPath = `/register?invitation=${invitationToken}`;

function tokenOf(ownerId: string): string {
  const id = Buffer.from(ownerId.replaceAll('-', ''), 'hex');
  return Buffer.concat([id, Buffer.alloc(32, 7)]).toString('base64url');
}

/** Makes the links work, and two invitations of this member. */
export async function keepKnownLinks(app: TestApp, member: Person): Promise<void> {
  await app.pool.query(
    `with person as (insert into users (id, username, password_hash) values ($1, 'forgetful', '') returning id),
     reset as (insert into reset_links (user_id, token_hash, drops_second_factor, expires_at)
       select id, $2, false, now() + interval '1 hour' from person)
     insert into invitations (inviter_id, id, token_hash, expires_at) values ($3, $3, $4, now() + interval '1 day')`,
    [forgetful, readLinkToken(resetToken)!.hash, nobody, readLinkToken(invitationToken)!.hash],
  );
  const { id } = (await findAccount(app.pool, member.username))!;
  for (let count = 0; count < 2; count++) await makeInvitation(app.pool, id);
}
