// `log`: lists what was done from the command line.
import type { PlainCommand } from './command.ts';
import { listUses } from './queries.ts';

export const showLog: PlainCommand = {
  name: 'log',
  summary: 'list uses of these commands: when, what, about whom',
  details: `Oldest first. It has no links. It stores the id of a user; the name beside it is the current one, and is
missing once the account is deleted.`,
  options: [],
  run: async ({ pool }) => ({ rows: await listUses(pool) }),
};
