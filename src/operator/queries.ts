// Operator queries in SQL: accounts and the operator log, never what users wrote.
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';
import { isAsked } from '../accounts/second-factor/queries.ts';

export interface Person {
  username: string;
  registeredAt: Date;
  seenAt: Date | null; // last visit of a live session, accurate to five minutes
  disabledAt: Date | null;
  hasSecondFactor: boolean;
}

const page = 1000;

/** Sorted by username; read in pages, so that no statement takes long. */
export async function listPeople(db: Database, part = ''): Promise<Person[]> {
  const people: Person[] = [];
  for (;;) {
    const { rows } = await db.query<Person>(
      `select u.username, u.created_at as "registeredAt",
         (select to_timestamp(max((s.sess->>'seenAt')::float8) / 1000)
          from sessions s where s.user_id = u.id and s.expire > now()) as "seenAt",
         u.disabled_at as "disabledAt", ${isAsked} as "hasSecondFactor"
       from users u where u.username > $1 and strpos(u.username, $2) > 0 order by u.username limit $3`,
      [people.at(-1)?.username ?? '', part, page],
    );
    people.push(...rows);
    if (rows.length < page) return people;
  }
}

/** Stores only the id of the user, and no option that names anybody. */
export async function logUse(
  db: Database,
  command: string,
  userId: string | undefined,
  options: string[],
): Promise<void> {
  await db.query('insert into operator_log (id, command, user_id, options) values ($1, $2, $3, $4)', [
    newId(),
    command,
    userId,
    options,
  ]);
}

export interface Use {
  at: Date;
  command: string;
  options: string[];
  userId: string | null;
  username: string | null; // null: no account has this id any more
}

export async function listUses(db: Database): Promise<Use[]> {
  const { rows } = await db.query<Use>(
    `select l.at, l.command, l.options, l.user_id as "userId", u.username
     from operator_log l left join users u on u.id = l.user_id order by l.id`,
  );
  return rows;
}
