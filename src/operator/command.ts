// Types of an operator command: its name, options, help texts and outcome.
import type { Actor } from '../admin/people/acts.ts';
import type { Report } from '../admin/reports/queries.ts';
import type { Account } from '../accounts/queries.ts';
import type { Registration } from '../accounts/registrations/queries.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';

export const operator: Actor = 'The operator of this server';

export interface Options {
  answer?: string;
  days?: number;
  deletions?: string;
  disable?: boolean;
  'drop-second-factor'?: boolean;
  json?: boolean;
  'key-file'?: string;
  'last-administrator'?: boolean;
  line?: string;
  name?: string;
  registration?: string;
  passphrase?: boolean;
  'public-key'?: string;
  to?: string;
  warn?: string;
  'with-key'?: boolean;
  yes?: boolean;
}

export interface Call {
  pool: Pool;
  address: string; // of the database, as the owner of its tables
  config: Config;
  options: Options;
  argument: string;
}

/** `rows` is what --json prints; otherwise a list is printed as a table. */
export interface Outcome {
  rows: object | object[];
  text?: string; // printed instead of a table
  note?: string; // for the operator; not part of the result
  isMissing?: boolean; // exits with 1: nothing was found
}

interface Described {
  name: string;
  summary: string; // in the list of all commands
  details: string; // in the help of this command
  options: (keyof Options)[];
}

/** A command about one user, who is found by name before it runs. */
export interface PersonCommand extends Described {
  argument: 'NAME';
  confirm?(username: string, options: Options): Promise<void>; // throws if the answer is no
  run(call: Call, person: Account): Promise<Outcome>;
}

/** A command about one registration that waits, found by name. */
export interface ApplicantCommand extends Described {
  argument: 'APPLICANT';
  run(call: Call, applicant: Registration): Promise<Outcome>;
}

/** A command about one report, found by its id. */
export interface ReportCommand extends Described {
  argument: 'REPORT';
  run(call: Call, report: Report): Promise<Outcome>;
}

export interface PlainCommand extends Described {
  argument?: 'PART' | 'FILE' | 'TEXT';
  run(call: Call): Promise<Outcome>;
}

export type Command = PersonCommand | ApplicantCommand | ReportCommand | PlainCommand;
