// Reads and fills mailboxes in the database.
import { withQueryTimeout, type Pool } from '../../src/database/pool.ts';
import { raiseLast } from '../../src/mailbox/conversations/last-messages.ts';
import { transaction } from '../../src/database/transaction.ts';
import type { Fields, Person } from './person.ts';

/** The id of somebody's copy of the message with this text; of a note to oneself, say in which box. */
export async function idOf(
  pool: Pool,
  person: Person,
  body: string,
  box?: 'inbox' | 'sent',
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `select m.id from messages m join users u on u.id = m.owner_id
     where u.username = $1 and m.body = $2 and m.box = coalesce($3, m.box)`,
    [person.username, body, box],
  );
  if (rows.length !== 1) throw new Error(`${person.username} has ${rows.length} messages with this text.`);
  return rows[0]!.id;
}

/** Who still has a copy of the message with this text, and where, like "alice sent" or "bob inbox (trash, unread)". */
export async function copiesOf(pool: Pool, body: string): Promise<string[]> {
  const { rows } = await pool.query<{ copy: string }>(
    `select concat(u.username, ' ', m.box,
              case when m.trashed_at is null then '' else ' in the trash' end,
              case when n.id is null then '' else ', unread' end,
              case when n.is_marked then ' again' else '' end) as copy
     from messages m join users u on u.id = m.owner_id
     left join unread n on n.owner_id = m.owner_id and n.id = m.id
     where m.body = $1 order by copy`,
    [body],
  );
  return rows.map(({ copy }) => copy);
}

/** Every column of every table that holds this text, whatever its type. */
export function columnsWith(pool: Pool, text: string): Promise<string[]> {
  return columnsWhere(
    pool,
    (column) => `strpos(${column}, $1) > 0 or strpos(${column}, encode(convert_to($1, 'UTF8'), 'hex')) > 0`,
    text,
  );
}

/** Every column in which this text is a whole value. */
export function columnsOfJust(pool: Pool, text: string): Promise<string[]> {
  return columnsWhere(
    pool,
    (column) => `${column} in ($1, '\\x' || encode(convert_to($1, 'UTF8'), 'hex'))`,
    text,
  );
}

async function columnsWhere(
  pool: Pool,
  condition: (column: string) => string,
  text: string,
): Promise<string[]> {
  const { rows: columns } = await pool.query<{ table: string; column: string }>(
    `select table_name as "table", column_name as "column" from information_schema.columns
     join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    const { rowCount } = await pool.query(
      `select from "${table}" where ${condition(`"${column}"::text`)} limit 1`,
      [text],
    );
    if (rowCount) found.push(`${table}.${column}`);
  }
  return found;
}

/** Fills a mailbox as if another person had written, the oldest message first. */
export async function fillMailbox(
  pool: Pool,
  owner: Person,
  other: Person,
  count: number,
  { box = 'inbox', from = '2025-01-01', isUnread = false, words = 0 } = {},
): Promise<void> {
  const statement = {
    text: `with filled as (
       insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
       select o.id,
              encode(substring(int8send(extract(epoch from at)::bigint * 1000) from 3)
                || substring(uuid_send(gen_random_uuid()) from 7), 'hex')::uuid,
              $3, x.id, gen_random_uuid(),
              'Number ' || n || (select coalesce(string_agg(' word' || n * k % 5003, ''), '')
                from generate_series(1, $6) k), at
       from users o, users x, generate_series(1, $4) n,
         lateral (select $5::timestamptz + n * interval '1 minute') t (at)
       where o.username = $1 and x.username = $2
       returning owner_id, id, other_id
     ), last as (
       ${raiseLast('select distinct on (owner_id) owner_id, other_id, id from filled order by owner_id, id desc')}
     ) insert into unread (owner_id, id, other_id) select owner_id, id, other_id from filled where $7`,
    values: [owner.username, other.username, box, count, `${from}T00:00:00Z`, words, isUnread],
  };
  await transaction(pool, async (db) => {
    await db.query('set local statement_timeout = 0'); // a page's limit is too short for 100,000 messages
    await db.query(withQueryTimeout(statement, 60_000));
  });
}

/** Everybody's messages, drafts and reports, to see that nothing has changed. */
export async function snapshotOf(pool: Pool): Promise<string> {
  const { rows } = await pool.query(
    `select (select jsonb_agg(m order by m.id) from messages m) as messages,
            (select jsonb_agg(n order by n.id) from unread n) as unread,
            (select jsonb_agg(d order by d.id) from drafts d) as drafts,
            (select jsonb_agg(r order by r.id) from reports r) as reports`,
  );
  return JSON.stringify(rows);
}

/** What a form of this person's pages carries to be accepted. */
export async function tokenOf(person: Person): Promise<Fields> {
  return { _csrf: (await person.hidden('/drafts', '/logout'))._csrf!, confirmed: 'yes' };
}
