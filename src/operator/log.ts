// `log`: lists what was done from the command line.
import type { PlainCommand } from './command.ts';
import { listUses } from './queries.ts';

export const showLog: PlainCommand = {
  name: 'log',
  summary: 'what was done with these commands, when, and to whom',
  details: `The first at the beginning. No link is in it. Of people it keeps the id alone; the name beside it is the one that
belongs to it now, and there is none once the account is deleted.`,
  options: [],
  run: async ({ pool }) => ({ rows: await listUses(pool) }),
};
