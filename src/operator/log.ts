// `log`: lists what the operator and administrators did.
import type { PlainCommand } from './command.ts';
import { listActs } from '../admin/act-log.ts';

export const showLog: PlainCommand = {
  name: 'log',
  summary: 'list what was done here and by administrators: when, what, by and about whom',
  details: `Oldest first. "by" is the administrator, and missing for the command line. It has no links. It stores the
id of a user; the name beside it is the current one, and is missing once the account is deleted.`,
  options: [],
  run: async ({ pool }) => ({ rows: await listActs(pool) }),
};
