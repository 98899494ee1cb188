// People in SQL, as administrators see them: accounts, and how much a mailbox holds; never what is in it.
import { listTwoFactorUsers } from '../../accounts/second-factor/queries.ts';
import { asSystem } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import { nameKey } from '../../display-names.ts';
import { foldUsername } from '../../usernames.ts';

interface Account {
  id: string;
  username: string;
  displayName: string | null;
  registeredAt: Date;
  disabledAt: Date | null;
  adminSince: Date | null;
}

export interface ListedPerson extends Account {
  /** The day (UTC) of the last visit of a live session, such as 2026-11-28; nothing finer is anybody's business. */
  seenOn: string | null;
  hasSecondFactor: boolean;
  /** In the mailbox, trash included; null before it is counted for the first time. */
  messages: number | null;
  bytes: number | null;
}

const columns = `id, username, display_name as "displayName", created_at as "registeredAt",
  disabled_at as "disabledAt", admin_since as "adminSince"`;

/** In the order of usernames, behind `after`: those with this part in either name. */
export async function listPeople(
  db: Database,
  part: string,
  after: string,
  limit: number,
): Promise<ListedPerson[]> {
  const [username, key] = [foldUsername(part), nameKey(part)];
  const { rows } = await db.query<Account>({
    name: 'list people',
    text: `select ${columns} from users
           where username > $1 and (strpos(username, $2) > 0 or strpos(name_key, $3) > 0)
           order by username limit $4`,
    values: [after, username || key, key || username, limit],
  });
  return withDetails(db, rows);
}

export async function findPerson(db: Database, username: string): Promise<ListedPerson | undefined> {
  const { rows } = await db.query<Account>(`select ${columns} from users where username = $1`, [username]);
  const [person] = await withDetails(db, rows);
  return person;
}

async function withDetails(db: Database, accounts: Account[]): Promise<ListedPerson[]> {
  const ids = accounts.map(({ id }) => id);
  const [seen, usage, withFactor] = await asSystem(() =>
    Promise.all([listSeen(db, ids), listUsage(db, ids), listTwoFactorUsers(db, ids)]),
  );
  return accounts.map((account) => ({
    ...account,
    seenOn: seen.get(account.id) ?? null,
    hasSecondFactor: withFactor.has(account.id),
    messages: usage.get(account.id)?.messages ?? null,
    bytes: usage.get(account.id)?.bytes ?? null,
  }));
}

async function listSeen(db: Database, userIds: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; day: string }>(
    `select user_id as id,
            to_char(to_timestamp(max((sess->>'seenAt')::float8) / 1000) at time zone 'UTC', 'YYYY-MM-DD') as day
     from sessions where user_id = any ($1::uuid[]) and expire > now() group by user_id`,
    [userIds],
  );
  return new Map(rows.map(({ id, day }) => [id, day]));
}

interface Usage {
  messages: number | null;
  bytes: number | null;
}

async function listUsage(db: Database, userIds: string[]): Promise<Map<string, Usage>> {
  const { rows } = await db.query<Usage & { id: string }>(
    `select owner_id as id, messages, bytes::float8 as bytes from mailbox_usage where owner_id = any ($1::uuid[])`,
    [userIds],
  );
  return new Map(rows.map(({ id, ...usage }) => [id, usage]));
}
