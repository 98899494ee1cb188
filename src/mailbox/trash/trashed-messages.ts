// What is in the trash, in SQL.
import type { Database } from '../../database/pool.ts';
import { otherColumns, readNames, rowColumns, type Box, type MessageRow, type Origin } from '../queries.ts';

export async function listTrashBefore(
  db: Database,
  ownerId: string,
  before: string,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${rowColumns} from messages m
     where m.owner_id = $1 and m.trashed_at is not null and m.id < $2 order by m.id desc limit $3`,
    [ownerId, before, limit],
  );
  return readNames(rows);
}

export async function listTrashAfter(
  db: Database,
  ownerId: string,
  after: string,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${rowColumns} from messages m
     where m.owner_id = $1 and m.trashed_at is not null and m.id > $2 order by m.id limit $3`,
    [ownerId, after, limit],
  );
  return readNames(rows);
}

export interface TrashedMessage {
  id: string;
  box: Box;
  other: string | null;
  displayName: string | null;
  origin: Origin;
  body: string;
  sentAt: Date;
  trashedAt: Date;
  isUnread: boolean;
  newer: string | null;
  older: string | null;
}

export async function findTrashed(
  db: Database,
  ownerId: string,
  id: string,
): Promise<TrashedMessage | undefined> {
  const { rows } = await db.query<TrashedMessage>(
    `select m.id, m.box, ${otherColumns}, m.body,
            m.sent_at as "sentAt", m.trashed_at as "trashedAt",
            exists (select from unread n where n.owner_id = $1 and n.id = m.id) as "isUnread",
            (select n.id from messages n
             where n.owner_id = $1 and n.trashed_at is not null and n.id > m.id order by n.id limit 1) as newer,
            (select o.id from messages o
             where o.owner_id = $1 and o.trashed_at is not null and o.id < m.id order by o.id desc limit 1) as older
     from messages m where m.owner_id = $1 and m.id = $2 and m.trashed_at is not null`,
    [ownerId, id],
  );
  return readNames(rows)[0];
}
