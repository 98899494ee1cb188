// `users list` and `users find`: list accounts.
import { foldUsername } from '../usernames.ts';
import type { PlainCommand } from './command.ts';
import { listPeople } from './queries.ts';

const details = `Says of each when they registered, when they were last seen (only while they are signed in somewhere; give or
take five minutes), since when the account is disabled, and whether a second factor is asked for. Times are in UTC.`;

export const listUsers: PlainCommand = {
  name: 'users list',
  summary: 'everybody who has an account',
  details,
  options: [],
  run: async ({ pool }) => ({ rows: await listPeople(pool) }),
};

export const findUsers: PlainCommand = {
  name: 'users find',
  argument: 'PART',
  summary: 'those with this part in their name',
  details,
  options: [],
  run: async ({ pool, argument }) => {
    const rows = await listPeople(pool, foldUsername(argument));
    if (rows.length > 0) return { rows };
    return { rows, note: `Nobody has "${argument}" in the name.`, isMissing: true };
  },
};
