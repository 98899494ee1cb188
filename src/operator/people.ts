// `users list` and `users find`: list accounts.
import { listPeople, type ListedPerson } from '../admin/people/queries.ts';
import type { Pool } from '../database/pool.ts';
import type { PlainCommand } from './command.ts';
import { readAll } from './read-all.ts';

const details = `Columns: display name, registration, day of the last visit (of users with a session), since when the
account is disabled and the user an administrator, whether it has a second factor, and what the mailbox holds. Times
are in UTC.`;

export const listUsers: PlainCommand = {
  name: 'users list',
  summary: 'list all accounts',
  details,
  options: [],
  run: async ({ pool }) => ({ rows: await listAll(pool, '') }),
};

export const findUsers: PlainCommand = {
  name: 'users find',
  argument: 'PART',
  summary: 'list accounts with this in one of their names',
  details,
  options: [],
  run: async ({ pool, argument }) => {
    const rows = await listAll(pool, argument);
    if (rows.length > 0) return { rows };
    return { rows, note: `No name contains "${argument}".`, isMissing: true };
  },
};

async function listAll(pool: Pool, part: string) {
  const people = await readAll<ListedPerson>((last, limit) =>
    listPeople(pool, part, last?.username ?? '', limit),
  );
  return people.map(columnsOf);
}

function columnsOf(person: ListedPerson) {
  const { username, displayName, registeredAt, seenOn, disabledAt } = person;
  const { hasSecondFactor, adminSince, messages, bytes } = person;
  return {
    username,
    displayName,
    registeredAt,
    seenOn,
    disabledAt,
    hasSecondFactor,
    adminSince,
    messages,
    bytes,
  };
}
