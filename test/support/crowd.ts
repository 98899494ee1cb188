// Alice with a large mailbox among others with as many messages together, for plans and growth.
import pg from 'pg';
import { fillConversations } from './conversations.ts';
import { idInSql } from './id-in-sql.ts';

/** The id of the person with this number; 0 is alice, 1 is bob, who writes to her. */
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

interface Crowd {
  messages: number;
  /** Alice owns one message of so many. */
  share: number;
  /** Those who own the rest; their numbers begin with 20. */
  others: number;
  /** How many words a message has at most, but for one in a thousand, which is long. */
  longest: number;
  /** Without the index of words, filling takes half the time. */
  isSearched: boolean;
}

const ordinary: Crowd = { messages: 200_000, share: 2, others: 20, longest: 42, isSearched: true };

/**
 * Words are as frequent as in a language (the n-th as often as 1/n, Zipf's law). The others all write a word that alice
 * never uses, and in the older half of all messages stands one that has gone out of use. Of twenty messages one is in the
 * trash, and one of those received is unread. Each message has been sent by a form of its own.
 */
export async function fillCrowd(databaseUrl: string, wanted: Partial<Crowd> = {}): Promise<void> {
  const { messages, share, others, longest, isSearched } = { ...ordinary, ...wanted };
  const texts = isSearched ? 19_997 : 101; // primes, so that each owner has all of them
  const people = 20 + others;
  const ownerOf = `case when i % ${share} = 0 then ${idOf('0')} else ${idOf(`20 + i / ${share} % ${others}`)} end`;
  await loadInto(databaseUrl, isSearched ? [] : ['messages_by_time'], async (run) => {
    await run(
      `insert into users (id, username, password_hash)
       select ${idOf('n')}, case n when 0 then 'alice' when 1 then 'bob' else 'person-' || n end, ''
       from generate_series(0, ${people}) n`,
    );
    await run(
      `create temp table texts as
       select n, (select string_agg(translate(floor(exp(random() * ln(${words})))::int::text, '0123456789', 'aeioukmnrt'), ' ')
                  from generate_series(1, case when n % 1000 = 7 then 1200 else 3 + n % ${longest - 2} end)) as text
       from generate_series(0, ${texts - 1}) n`,
    );
    await run(
      `insert into messages (owner_id, id, box, other_id, body, sent_at, trashed_at)
       select ${ownerOf},
              ${idInSql('extract(epoch from at) * 1000', 'i')},
              case when i / ${share} % 5 < 3 then 'inbox' else 'sent' end, ${idOf(`1 + i / ${share} % 13`)},
              text || case when i % ${share} = 0 then '' else ' elsewhere' end
                   || case when i > ${messages} / 2 then '' else ' formerly' end, at,
              case when i / ${share} % 20 = 9 then now() - i::float8 / ${messages} * interval '20 days' end
       from generate_series(1, ${messages}) i join texts on n = i * 7919::bigint % ${texts},
            lateral (select timestamptz '2024-11-01' + i::float8 / ${messages} * interval '1000000 minutes') t (at)
              order by i`,
    );
    await run(
      `insert into unread (owner_id, id, other_id, is_quiet)
       select owner_id, id, other_id, trashed_at is not null from messages where box = 'inbox' and hashtext(id::text) % 20 = 0`,
    );
    await fillConversations({ query: run } as never);
    await run(
      `insert into mailbox_usage (owner_id, messages, bytes, sent, sent_bytes)
       select u.id, count(m.id)::int, coalesce(sum(octet_length(m.body)), 0), count(m.id) filter (where m.box = 'sent')::int,
              coalesce(sum(octet_length(m.body)) filter (where m.box = 'sent'), 0)
       from users u left join messages m on m.owner_id = u.id group by u.id`,
    );
    await run(
      `insert into sent_forms (owner_id, digest, sent_at)
       select ${ownerOf}, sha256(int4send(i)), now() - i::float8 / ${messages} * interval '200000 minutes'
       from generate_series(1, ${messages}) i`,
    );
    await run(
      `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at)
       select u.id, ${idInSql('extract(epoch from now()) * 1000', 'i')}, gen_random_uuid(), ${idOf('1')},
              repeat('x', 1000)::bytea, now()
       from users u, generate_series(1, 500) i`,
    );
  });
}

type Run = (sql: string) => Promise<pg.QueryResult<{ drop: string; make: string }>>;

/** Loads as a restore does: the indexes are made at the end, and nothing is checked that is known to be right. */
async function loadInto(databaseUrl: string, without: string[], load: (run: Run) => Promise<void>) {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  const run: Run = (sql) => db.query(sql);
  await run(`set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '1GB';
    select setseed(0.5)`);
  const { rows: indexes } = await db.query<{ name: string; make: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as make from pg_index i
     where i.indrelid in ('messages'::regclass, 'unread'::regclass, 'conversations'::regclass, 'sent_forms'::regclass)
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid) order by name`,
  );
  for (const { name } of indexes) await run(`drop index ${name}`);
  await load(run);
  for (const { name, make } of indexes) if (!without.includes(name)) await run(make);
  await run('vacuum analyze messages, conversations, unread, users, sent_forms, mailbox_usage, reports');
  await db.end();
}
