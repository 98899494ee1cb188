// Drafts in SQL. Every statement names the owner.
import type { Database } from '../database/pool.ts';

export interface Draft {
  id: string;
  recipient: string;
  body: string;
  savedAt: Date;
}

/** So many letters one person may have begun at a time. */
export const draftLimit = 100;

/** Keeps what is on a form; the same form saved again replaces it. False when there are `limit` others. */
export async function saveDraft(
  db: Database,
  ownerId: string,
  draft: Omit<Draft, 'savedAt'>,
  limit = draftLimit,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into drafts (owner_id, id, recipient, body, saved_at)
     select $1, $2, $3, $4, $5
     where (select count(*) from drafts where owner_id = $1 and id <> $2) < $6
     on conflict (owner_id, id) do update
     set recipient = excluded.recipient, body = excluded.body, saved_at = excluded.saved_at`,
    [ownerId, draft.id, draft.recipient, draft.body, new Date(), limit],
  );
  return rowCount === 1;
}

/** A draft as a row of the list. */
export interface DraftRow {
  id: string;
  recipient: string;
  excerpt: string;
  savedAt: Date;
}

/** All drafts of this person (hardly more than draftLimit), the one saved last first. */
export async function listDrafts(db: Database, ownerId: string): Promise<DraftRow[]> {
  const { rows } = await db.query<DraftRow>(
    `select id, left(recipient, 200) as recipient, left(body, 200) as excerpt, saved_at as "savedAt"
     from drafts where owner_id = $1 order by saved_at desc, id`,
    [ownerId],
  );
  return rows;
}

/** The draft with this id, or undefined. */
export async function findDraft(db: Database, ownerId: string, id: string): Promise<Draft | undefined> {
  const { rows } = await db.query<Draft>(
    'select id, recipient, body, saved_at as "savedAt" from drafts where owner_id = $1 and id = $2',
    [ownerId, id],
  );
  return rows[0];
}

/** Removes a draft for good; false when there is none with this id. */
export async function discardDraft(db: Database, ownerId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from drafts where owner_id = $1 and id = $2', [ownerId, id]);
  return rowCount === 1;
}
