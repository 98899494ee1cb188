// The table of conversations, as the messages say that it should be.
import type { Database } from '../../src/database/pool.ts';

const nobody = '00000000-0000-0000-0000-000000000000';
const expected = `
  select distinct on (m.owner_id, m.other_id) m.owner_id, m.other_id, m.id as last_id
  from messages m join users u on u.id = m.owner_id
  where m.trashed_at is null and m.other_id <> '${nobody}' and (m.other_id <> m.owner_id or m.box = 'inbox')
    and m.box not in ('requests', 'held', 'blocked') and u.username is not null
  order by m.owner_id, m.other_id, m.id desc`;

type Asking = Pick<Database, 'query'>;

/** Each row that is missing, wrong or left over, and each unread mark that names another person than its message. */
export async function findUntrueConversations(db: Asking): Promise<string[]> {
  const { rows } = await db.query<{ fault: string }>(
    `with expected as (${expected}), kept as (
       select c.owner_id, c.other_id, c.last_id from conversations c join users u on u.id = c.owner_id
       where u.username is not null)
     select concat('conversation of ', owner_id, ' with ', other_id, ': ', k.last_id, ' instead of ', e.last_id) as fault
     from expected e full outer join kept k using (owner_id, other_id) where k.last_id is distinct from e.last_id
     union all
     select concat('unread mark of ', n.owner_id, ', ', n.id, ': another person')
     from unread n join messages m on m.owner_id = n.owner_id and m.id = n.id where m.other_id <> n.other_id`,
  );
  return rows.map(({ fault }) => fault);
}

/** For messages that a test has inserted by itself. */
export async function fillConversations(db: Asking): Promise<void> {
  await db.query(
    `insert into conversations (owner_id, other_id, last_id) ${expected}
     on conflict (owner_id, other_id) do update set last_id = excluded.last_id`,
  );
}
