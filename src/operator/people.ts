// `users list` and `users find`: list accounts.
import { foldUsername } from '../usernames.ts';
import type { PlainCommand } from './command.ts';
import { listPeople } from './queries.ts';

const details = `Columns: display name, registration, last visit (of users with a session, accurate to five minutes),
since when the account is disabled, and whether it has a second factor. Times are in UTC.`;

export const listUsers: PlainCommand = {
  name: 'users list',
  summary: 'list all accounts',
  details,
  options: [],
  run: async ({ pool }) => ({ rows: await listPeople(pool) }),
};

export const findUsers: PlainCommand = {
  name: 'users find',
  argument: 'PART',
  summary: 'list accounts with this in their name',
  details,
  options: [],
  run: async ({ pool, argument }) => {
    const rows = await listPeople(pool, foldUsername(argument));
    if (rows.length > 0) return { rows };
    return { rows, note: `No username contains "${argument}".`, isMissing: true };
  },
};
