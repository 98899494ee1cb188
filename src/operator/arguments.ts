// Parses the command line; throws a UsageError if it is invalid.
import { parseArgs } from 'node:util';
import type { Command, Options } from './command.ts';
import { commands } from './commands.ts';
import { UsageError } from './usage-error.ts';

const maxDays = 365;

export type Typed =
  | { help: true; command: Command | undefined }
  | { help: false; command: Command; argument: string; options: Options };

export function readArguments(args: string[]): Typed {
  const { help = false, words, days, ...flags } = parse(args);
  const options: Options = days === undefined ? flags : { ...flags, days: readDays(days) };
  const command = commands.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `));
  if (help && (command || words.length === 0)) return { help, command };
  if (!command) throw unknown(words);

  const [argument, ...tooMany] = words.slice(command.name.split(' ').length);
  if (command.argument && !argument)
    throw new UsageError(`"${command.name}" needs ${article[command.argument]}.`);
  if (tooMany.length > 0 || (argument && !command.argument))
    throw new UsageError(`"${command.name}" takes ${command.argument ? 'one argument' : 'no argument'}.`);
  for (const name of Object.keys(options) as (keyof Options)[])
    if (name !== 'json' && !command.options.includes(name))
      throw new UsageError(`"${command.name}" has no option --${name}.`);
  return { help: false, command, argument: argument ?? '', options };
}

const article = {
  NAME: 'a username',
  PART: 'a part of a username',
  APPLICANT: 'a username',
  REPORT: 'the id of a report',
  FILE: 'a file',
  TEXT: 'a text',
};

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        yes: { type: 'boolean' },
        days: { type: 'string' },
        'drop-second-factor': { type: 'boolean' },
        name: { type: 'string' },
        line: { type: 'string' },
        answer: { type: 'string' },
        warn: { type: 'string' },
        disable: { type: 'boolean' },
        registration: { type: 'string' },
        deletions: { type: 'string' },
        to: { type: 'string' },
        passphrase: { type: 'boolean' },
        'public-key': { type: 'string' },
        'key-file': { type: 'string' },
        'last-administrator': { type: 'boolean' },
        'with-key': { type: 'boolean' },
      },
    });
    return { ...values, words: positionals };
  } catch (error) {
    // The rest of Node's message gives advice that would be wrong here.
    throw new UsageError(`${(error as Error).message.split(/\.(?: |$)/, 1)[0]}.`);
  }
}

function readDays(typed: string): number {
  const count = Number(typed);
  if (!/^\d+$/.test(typed) || count < 1 || count > maxDays)
    throw new UsageError(`--days takes a number from 1 to ${maxDays}.`);
  return count;
}

function unknown(words: string[]): UsageError {
  if (words.length === 0) return new UsageError('The command is missing.');
  const group = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  if (group.length === 0) return new UsageError(`There is no command "${words.join(' ')}".`);
  return new UsageError(
    `"${words[0]}" is followed by ${group.map(({ name }) => name.split(' ')[1]).join(' or ')}.`,
  );
}
