// `version`: the versions of the program, its schema, Node and PostgreSQL.
import { findVersions } from '../admin/version.ts';
import type { PlainCommand } from './command.ts';

export const showVersion: PlainCommand = {
  name: 'version',
  summary: 'print the versions of the program, its schema, Node and PostgreSQL',
  details:
    'The schema is named by its newest migration, which this command runs if the program has not run it yet.',
  options: [],
  run: async ({ pool }) => {
    const versions = await findVersions(pool);
    const { version, schema, node, postgresql } = versions;
    return {
      rows: versions,
      text: `Private Messages ${version}, schema ${schema}, Node ${node}, PostgreSQL ${postgresql}`,
    };
  },
};
