// `registrations`: lists who waits for an administrator, and decides.
import { listWaiting, type Registration } from '../accounts/registrations/queries.ts';
import { approve, decline } from '../admin/registrations/decide.ts';
import type { Pool } from '../database/pool.ts';
import { lowestId } from '../ids.ts';
import { StartupError } from '../startup-error.ts';
import type { ApplicantCommand, PlainCommand } from './command.ts';
import { readAll } from './read-all.ts';

export const listRegistrations: PlainCommand = {
  name: 'registrations',
  summary: 'list who waits to be approved',
  details: `With REGISTRATION=approve. Oldest first, with the line about themselves. A registration that nobody decides
is deleted after 30 days.`,
  options: [],
  run: async ({ pool }) => {
    const waiting = await readAll<Registration>((last, limit) =>
      listWaiting(pool, last?.id ?? lowestId, limit),
    );
    const rows = waiting.map(({ username, line, askedAt }) => ({ username, askedAt, line }));
    return { rows, ...(rows.length === 0 && { note: 'Nobody waits.' }) };
  },
};

export const approveRegistration = deciding(
  'approve',
  'make an account of a registration',
  'The applicant can log in from now on, with the password that was chosen, and finds a notice.',
  approve,
);

export const declineRegistration = deciding(
  'decline',
  'refuse a registration',
  'The name is free again. For 30 days, the applicant reads that it was declined when logging in.',
  decline,
);

function deciding(
  word: 'approve' | 'decline',
  summary: string,
  details: string,
  decide: (pool: Pool, id: string) => Promise<string | undefined>,
): ApplicantCommand {
  return {
    name: `registrations ${word}`,
    argument: 'APPLICANT',
    summary,
    details,
    options: [],
    run: async ({ pool, argument }, { id }) => {
      const username = await decide(pool, id);
      if (!username) throw new StartupError(`Nobody waits with the name "${argument}".`);
      return { rows: { username, isApproved: word === 'approve' }, text: `${username} is ${word}d.` };
    },
  };
}
