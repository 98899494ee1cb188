// Operator queries in SQL: accounts and the operator log, never what users wrote.
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';
import { listTwoFactorUsers } from '../accounts/second-factor/queries.ts';

export interface Person {
  username: string;
  displayName: string | null;
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
    const { rows } = await db.query<
      Pick<Person, 'username' | 'displayName' | 'registeredAt' | 'disabledAt'> & { id: string }
    >(
      `select id, username, display_name as "displayName", created_at as "registeredAt", disabled_at as "disabledAt"
       from users where username > $1 and strpos(username, $2) > 0 order by username limit $3`,
      [people.at(-1)?.username ?? '', part, page],
    );
    const ids = rows.map(({ id }) => id);
    const seen = await listSeen(db, ids);
    const withSecondFactor = await listTwoFactorUsers(db, ids);
    for (const { id, username, displayName, registeredAt, disabledAt } of rows)
      people.push({
        username,
        displayName,
        registeredAt,
        seenAt: seen.get(id) ?? null,
        disabledAt,
        hasSecondFactor: withSecondFactor.has(id),
      });
    if (rows.length < page) return people;
  }
}

async function listSeen(db: Database, userIds: string[]): Promise<Map<string, Date>> {
  const { rows } = await db.query<{ id: string; seenAt: Date }>(
    `select user_id as id, to_timestamp(max((sess->>'seenAt')::float8) / 1000) as "seenAt"
     from sessions where user_id = any ($1::uuid[]) and expire > now() group by user_id`,
    [userIds],
  );
  return new Map(rows.map(({ id, seenAt }) => [id, seenAt]));
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
