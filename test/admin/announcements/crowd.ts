// Many members, and what each of them has of an announcement.
import type { Pool } from '../../../src/database/pool.ts';

export async function addMembers(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `with members as (
       insert into users (id, username, password_hash) select uuidv7(), 'member-' || n, ''
       from generate_series(1, $1) n returning id
     )
     insert into mailbox_usage (owner_id, messages, bytes, sent, sent_bytes) select id, 0, 0, 0, 0 from members`,
    [count],
  );
}

/** How many members have the text how many times, and whether marks and usage agree with that. */
export async function copiesOf(pool: Pool, body: string) {
  const { rows } = await pool.query<{ copies: number; members: number; unread: number; counted: boolean }>(
    `select copies, count(*)::int as members, sum(unread)::int as unread, bool_and(is_counted) as counted
     from (select u.id,
                  (select count(*)::int from messages m where m.owner_id = u.id and m.body = $1) as copies,
                  (select count(*)::int from unread n join messages m on m.owner_id = n.owner_id and m.id = n.id
                   where n.owner_id = u.id and m.body = $1) as unread,
                  (select s.messages = (select count(*) from messages m where m.owner_id = u.id)
                          and s.bytes = (select coalesce(sum(octet_length(m.body)), 0) from messages m
                                         where m.owner_id = u.id)
                   from mailbox_usage s where s.owner_id = u.id) as is_counted
           from users u) each group by copies order by copies`,
    [body],
  );
  return rows;
}

export const oneEach = (members: number) => [{ copies: 1, members, unread: members, counted: true }];
