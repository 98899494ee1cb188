// Runs one operator command: finds whom it is about, logs it, and returns what to print and the exit code.
import { z } from 'zod';
import { findAccount } from '../accounts/queries.ts';
import { findWaiting } from '../accounts/registrations/queries.ts';
import { foldUsername } from '../usernames.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { asSystem } from '../database/owner.ts';
import { isDatabaseAway } from '../database/pool.ts';
import { describeError, StartupError } from '../startup-error.ts';
import { logAct } from '../admin/act-log.ts';
import { findReport } from '../admin/reports/queries.ts';
import { nobody } from '../ids.ts';
import { readArguments, type Typed } from './arguments.ts';
import type { Call, Command, Options, Outcome } from './command.ts';
import { helpOn } from './help.ts';
import { table } from './table.ts';
import { UsageError } from './usage-error.ts';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Never throws: `out` and `err` are for the standard streams, without the last line break. */
export async function runCommand(args: string[], readSettings: () => Config): Promise<Ended> {
  try {
    return await run(readArguments(args), readSettings);
  } catch (error) {
    if (error instanceof UsageError)
      return fail(2, `private-messages: ${error.message} For help: npm run operator -- --help`);
    const failure = isDatabaseAway(error)
      ? new StartupError('The database does not respond. Please try again.')
      : error;
    return fail(1, describeError(failure));
  }
}

const fail = (code: number, err: string): Ended => ({ code, out: '', err });

async function run(typed: Typed, readSettings: () => Config): Promise<Ended> {
  if (typed.help) return { code: 0, out: helpOn(typed.command), err: '' };
  const { command, argument, options } = typed;
  const config = readSettings();
  const database = await openDatabase(config, () => {});
  try {
    const call = { ...database, config, options, argument };
    return inWords(await asSystem(() => perform(command, call)), options);
  } finally {
    await database.close();
  }
}

/** Finds whom it is about, logs, then runs: whatever is done is logged, and whatever is logged was attempted. */
async function perform(command: Command, call: Call): Promise<Outcome> {
  const { pool, argument, options } = call;
  const name = foldUsername(argument);
  const log = (userId?: string, more: string[] = []) =>
    logAct(pool, { command: command.name, userId, options: [...more, ...written(options)] });
  const found = async <T>(subject: T | '' | undefined, failure: string): Promise<T> => {
    if (subject) return subject;
    await log();
    throw new StartupError(failure);
  };
  if (command.argument === 'NAME') {
    const person = await found(await findAccount(pool, name), `There is no user "${argument}".`);
    await command.confirm?.(person.username, options);
    await log(person.id);
    return command.run(call, person);
  }
  if (command.argument === 'APPLICANT') {
    const applicant = await found(await findWaiting(pool, name), `Nobody waits with the name "${argument}".`);
    await log(applicant.id);
    return command.run(call, applicant);
  }
  if (command.argument === 'REPORT') {
    const id = z.uuid().safeParse(argument).data;
    const report = await found(
      id && (await findReport(pool, nobody, id)),
      `There is no report "${argument}".`,
    );
    await log(report.reportedId, [report.id]);
    return command.run(call, report);
  }
  await log();
  return command.run(call);
}

/** Without what is written to somebody. */
function written(options: Options): string[] {
  return Object.entries(options).map(([name, value]) =>
    value === true || name === 'answer' || name === 'warn' ? `--${name}` : `--${name}=${value}`,
  );
}

function inWords({ rows, text, note = '', isMissing }: Outcome, { json }: Options): Ended {
  const out = json ? JSON.stringify(rows, null, 2) : (text ?? table(rows as object[]));
  return { code: isMissing ? 1 : 0, out, err: json ? '' : note };
}
