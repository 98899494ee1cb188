// Unread marks in SQL; every statement is scoped to the owner.
import type { Database } from '../database/pool.ts';

export async function markRead(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'mark read',
    text: 'delete from unread where owner_id = $1 and id = any ($2::uuid[]) returning id',
    values: [ownerId, ids],
  });
  return rows.map(({ id }) => id);
}

/** Up to this id only: later messages have not been seen yet. */
export async function markAllRead(db: Database, ownerId: string, upTo: string): Promise<number> {
  const { rowCount } = await db.query(
    'delete from unread where owner_id = $1 and id <= $2 and not is_quiet',
    [ownerId, upTo],
  );
  return rowCount ?? 0;
}

/** Received messages only; returns the ids that were read. */
export async function markUnread(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `insert into unread (owner_id, id, other_id, is_marked)
     select owner_id, id, other_id, true from messages
     where owner_id = $1 and id = any ($2::uuid[]) and box = 'inbox' and trashed_at is null
     for key share
     on conflict do nothing returning id`,
    [ownerId, ids],
  );
  return rows.map(({ id }) => id);
}

/** Marks it read. If unsendMessage has deleted the mark first, looks again; if not, it can no longer be unsent. */
export async function openMessage<Found extends { id: string; isUnread: boolean }>(
  db: Database,
  ownerId: string,
  found: Found | undefined,
  find: (db: Database, ownerId: string, id: string) => Promise<Found | undefined>,
): Promise<{ message: Found | undefined; marked: number }> {
  if (!found?.isUnread) return { message: found, marked: 0 };
  const { length: marked } = await markRead(db, ownerId, [found.id]);
  const message = marked === 1 ? { ...found, isUnread: false } : await find(db, ownerId, found.id);
  return { message, marked };
}
