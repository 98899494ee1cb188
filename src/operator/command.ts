// What a command of the operator is: how it is called, what it says about itself, and what it does.
import type { Account } from '../accounts/queries.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';

/** The options as typed; each command accepts its own and --json. */
export interface Options {
  days?: number;
  'drop-second-factor'?: boolean;
  json?: boolean;
  yes?: boolean;
}

export interface Call {
  pool: Pool;
  config: Config;
  options: Options;
  /** What was typed after the command. */
  argument: string;
}

/** What a command has to say. `rows` is what --json prints; a list of them is a table otherwise. */
export interface Outcome {
  rows: object | object[];
  /** The result as text, where it is no table. */
  text?: string;
  /** What the operator should know besides; not part of the result. */
  note?: string;
  /** Ends with 1: nothing was found. */
  isMissing?: boolean;
}

interface Described {
  name: string;
  /** For the list of all commands. */
  summary: string;
  /** For the command's own help. */
  details: string;
  options: (keyof Options)[];
}

/** One that is about a person, found by name before it is called. */
export interface PersonCommand extends Described {
  argument: 'NAME';
  /** Asks before it is done, and throws when the answer is no. */
  confirm?(username: string, options: Options): Promise<void>;
  run(call: Call, person: Account): Promise<Outcome>;
}

export interface PlainCommand extends Described {
  argument?: 'PART';
  run(call: Call): Promise<Outcome>;
}

export type Command = PersonCommand | PlainCommand;
