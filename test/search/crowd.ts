// A mailbox of 100,000 messages among twenty others with 100,000 together, for the tests that look at plans.
import pg from 'pg';

/** The id of the person with this number; 0 owns the large mailbox. */
export function personId(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

export const owner = personId(0);

/** A word of the vocabulary by its rank: number 1 stands in most messages, number 100 in 3 of 100, 15,000 in a few. */
export function word(rank: number): string {
  return String(rank).replaceAll(/\d/g, (digit) => 'aeioukmnrt'[Number(digit)]!);
}

const words = 20_000;
const idOf = (number: string) => `('00000000-0000-7000-8000-' || lpad((${number})::text, 12, '0'))::uuid`;

/**
 * Words are as frequent as in a language (the n-th as often as 1/n, Zipf's law); one text in a hundred is long. The
 * others all write a word that the owner never uses. Five messages in a hundred are in the trash, one is unread.
 * Each message has been sent by a form of its own. Where nothing is searched for, the index of words is left out.
 */
export async function fillCrowd(databaseUrl: string, { isSearched = true } = {}): Promise<void> {
  const texts = isSearched ? 20_000 : 100;
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  // As a restore does: the largest index at the end.
  const { rows } = await db.query<{ sql: string }>(
    `select pg_get_indexdef('messages_words'::regclass) as sql`,
  );
  await db.query(`set maintenance_work_mem = '256MB'; select setseed(0.5);
    drop index messages_words`);
  await db.query(
    `insert into users (id, username, password_hash)
     select ${idOf('n')}, case n when 0 then 'alice' when 1 then 'bob' else 'person-' || n end, ''
     from generate_series(0, 40) n`,
  );
  await db.query(
    `create temp table texts as
     select n, (select string_agg(translate(floor(exp(random() * ln(${words})))::int::text, '0123456789', 'aeioukmnrt'), ' ')
                from generate_series(1, case when n % 100 = 7 then 1200 else 3 + n % 40 end)) as text
     from generate_series(0, ${texts - 1}) n`,
  );
  await db.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, trashed_at)
     select case when i % 2 = 0 then ${idOf('0')} else ${idOf('20 + i / 2 % 20')} end,
            (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(i), 12, '0'))::uuid,
            case when i / 2 % 5 < 3 then 'inbox' else 'sent' end, ${idOf('1 + i / 2 % 13')},
            case when i % 2 = 0 then text else text || ' elsewhere' end, at, case when i / 2 % 20 = 9 then at end
     from generate_series(1, 200000) i join texts on n = i * 7919 % ${texts},
          lateral (select timestamptz '2024-11-01' + i * interval '5 minutes') t (at) order by i`,
  );
  await db.query(
    `insert into unread (owner_id, id, is_trashed)
     select owner_id, id, trashed_at is not null from messages where box = 'inbox' and hashtext(id::text) % 60 = 0`,
  );
  await db.query(
    `insert into sent_forms (owner_id, digest, sent_at)
     select case when i % 2 = 0 then ${idOf('0')} else ${idOf('20')} end, sha256(int4send(i)), now() - i * interval '1 minute'
     from generate_series(1, 200000) i`,
  );
  if (isSearched) await db.query(rows[0]!.sql);
  await db.query('vacuum analyze messages, unread, users, sent_forms');
  await db.end();
}
