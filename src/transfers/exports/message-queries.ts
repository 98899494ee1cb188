// The messages of an export in SQL, and how much room they take.
import type { Database } from '../../database/pool.ts';
import { lowestId } from '../../ids.ts';
import type { OwnCopy } from '../message-record.ts';

export async function findNewest(db: Database, ownerId: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'select id from messages where owner_id = $1 order by id desc limit 1',
    [ownerId],
  );
  return rows[0]?.id ?? lowestId;
}

/** How many of the next messages were read, how many of these fit, and the weight and last id of those that fit. */
export interface Measured {
  seen: number;
  fitting: number;
  weight: number;
  last: string | null;
}

export const measuredAtOnce = 2000;

/** The weight is an upper bound of the size in the zip, which holds each body three times: compressed at most 3.0 times
 * its bytes, measured with random characters of every kind (the worst case); the rest is headers and the name. */
export async function measureBatch(
  db: Database,
  ownerId: string,
  after: string,
  upTo: string,
  room: number,
): Promise<Measured> {
  const { rows } = await db.query<Measured>({
    name: 'measure batch',
    text: `select count(*)::int as seen, (count(*) filter (where together <= $4))::int as fitting,
                  coalesce(max(together) filter (where together <= $4), 0)::float8 as weight,
                  (array_agg(id order by id desc) filter (where together <= $4))[1] as last
           from (select id, sum(weight) over (order by id) as together
                 from (select id, 3.2 * octet_length(body) + 5 * coalesce(octet_length(other_name), 0) + 1500 as weight
                       from messages where owner_id = $1 and id > $2 and id <= $3 order by id limit ${measuredAtOnce}) m
                ) weighed`,
    values: [ownerId, after, upTo, room],
  });
  return rows[0]!;
}

const batch = 100; // 4 MB of bodies of maximum length

export async function listCopies(
  db: Database,
  ownerId: string,
  after: string,
  upTo: string,
): Promise<OwnCopy[]> {
  const { rows } = await db.query<OwnCopy>({
    name: 'list copies',
    text: `select m.id, m.box,
                  coalesce(m.other_name, (select u.username from users u where u.id = m.other_id)) as other,
                  m.origin is not null and m.origin <> 'imported' as "isNotice", m.sent_at as "sentAt",
                  m.trashed_at as "trashedAt", m.body,
                  (select n.id from unread n where n.owner_id = $1 and n.id = m.id) is not null as "isUnread"
           from messages m where m.owner_id = $1 and m.id > $2 and m.id <= $3 order by m.id limit ${batch}`,
    values: [ownerId, after, upTo],
  });
  return rows;
}
