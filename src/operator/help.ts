// Help texts of the operator commands.
import type { Command, Options } from './command.ts';
import { commands } from './commands.ts';

const program = 'npm run operator --';

const explanations: Record<keyof Options, [typed: string, words: string]> = {
  'drop-second-factor': [
    '--drop-second-factor',
    'the link also removes the second factor, passkeys and recovery codes',
  ],
  deletions: ['--deletions FILE', 'the list of what was deleted since; default: beside the backup'],
  to: ['--to DIR', 'write into this folder; default BACKUP_DIR, else backups'],
  passphrase: ['--passphrase', 'ask for a passphrase, and encrypt with it'],
  'public-key': ['--public-key KEY', 'encrypt for this key (age1…)'],
  'key-file': ['--key-file FILE', 'the secret key that decrypts the backup'],
  'with-key': ['--with-key', 'include secret.key; then keep the file like a password'],
  'last-administrator': ['--last-administrator', 'even if nobody administers the site then'],
  yes: ['--yes', 'skip the question'],
  days: ['--days N', 'valid for 1 to 365 days; default 7'],
  name: ['--name TEXT', 'the name of the site, up to 60 characters'],
  line: ['--line TEXT', 'the line on the front page, up to 200 characters'],
  registration: ['--registration WHO', 'open, invite, approve or closed; an empty text for the setting'],
  answer: ['--answer TEXT', 'to the reporter'],
  warn: ['--warn TEXT', 'to the reported person, as a notice'],
  disable: ['--disable', 'disable the account of the reported person'],
  json: ['--json', 'print JSON'],
};

export function helpOn(command?: Command): string {
  return command ? aboutOne(command) : aboutAll();
}

function aboutAll(): string {
  return [
    `Usage: ${program} COMMAND`,
    '',
    'Administers the users of this server, whether the program runs or not, with the same settings (DATABASE_URL or',
    'DATA_DIR, PUBLIC_URL). Every use is logged, and the user concerned gets a notice in their inbox.',
    '',
    ...columns(commands.map((each) => [usage(each), each.summary])),
    '',
    ...columns([explanations.json, ['--help', 'after a command: explain it']]),
    '',
    'Exit codes: 0 success, 1 unknown user or failure, 2 wrong usage.',
  ].join('\n');
}

function aboutOne(command: Command): string {
  const options = [...command.options, 'json' as const].map((name) => explanations[name]);
  return [
    `Usage: ${program} ${usage(command)} ${options.map(([typed]) => `[${typed}]`).join(' ')}`,
    '',
    command.details,
    '',
    ...columns(options),
  ].join('\n');
}

function usage({ name, argument }: Command): string {
  return argument ? `${name} ${argument}` : name;
}

function columns(pairs: [string, string][]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
