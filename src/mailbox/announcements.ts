// Copies of an announcement: messages from the site to its members, which cannot be answered.
import { now } from '../clock.ts';
import type { Database } from '../database/pool.ts';
import { newId, nobody } from '../ids.ts';

/** Locks the mailboxes up to the first one that is locked already, say by an import: nobody waits for it with a locked
 * mailbox. If that is the first of all, waits for it alone. `ownerIds` in order; returns those that are locked now. */
export async function lockMailboxes(db: Database, ownerIds: string[]): Promise<string[]> {
  const free = new Set(await lockUsage(db, ownerIds, 'skip locked'));
  if (free.size === ownerIds.length) return ownerIds;
  const { rows } = await db.query<{ ownerId: string }>(
    'select owner_id as "ownerId" from mailbox_usage where owner_id = any ($1::uuid[])',
    [ownerIds],
  );
  const busy = new Set(rows.map(({ ownerId }) => ownerId).filter((ownerId) => !free.has(ownerId)));
  const firstBusy = ownerIds.findIndex((ownerId) => busy.has(ownerId));
  if (firstBusy !== 0) return firstBusy === -1 ? ownerIds : ownerIds.slice(0, firstBusy);
  await lockUsage(db, ownerIds.slice(0, 1), '');
  return ownerIds.slice(0, 1);
}

async function lockUsage(db: Database, ownerIds: string[], wait: 'skip locked' | ''): Promise<string[]> {
  const { rows } = await db.query<{ ownerId: string }>(
    `select owner_id as "ownerId" from mailbox_usage where owner_id = any ($1::uuid[])
     order by owner_id for no key update ${wait}`,
    [ownerIds],
  );
  return rows.map(({ ownerId }) => ownerId);
}

/** Also into full mailboxes, like notices. Needs their lock; skips accounts that are gone. */
export async function insertAnnouncement(db: Database, ownerIds: string[], body: string): Promise<void> {
  const sentAt = now();
  await db.query(
    `with copies as (
       insert into messages (owner_id, id, box, other_id, body, sent_at, origin)
       select u.id, c.id, 'inbox', $3, $4, $5, 'announcement'
       from unnest($1::uuid[], $2::uuid[]) as c (owner_id, id) join users u on u.id = c.owner_id
       returning owner_id, id
     )
     insert into unread (owner_id, id, other_id) select owner_id, id, $3 from copies`,
    [ownerIds, ownerIds.map(() => newId(sentAt)), nobody, body, sentAt],
  );
  await db.query(
    `update mailbox_usage set messages = messages + 1, bytes = bytes + octet_length($2)
     where owner_id = any ($1::uuid[])`,
    [ownerIds, body],
  );
}
