// The settings: the environment and the file .env, parsed once; the only reader of process.env.
import cluster from 'node:cluster';
import { totalmem } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { isHost, origin, publishedPort, trustProxy, urlOf } from './addresses.ts';
import { loadEnvFile } from './env-file.ts';
import { StartupError } from './startup-error.ts';

const wholeNumber = (fallback: number, min: number, max: number) => {
  const claim = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,13}$/, claim)
    .transform(Number)
    .refine((value) => value >= min && value <= max, claim)
    .default(fallback);
};

const oneOf = <const Choices extends readonly [string, ...string[]]>(...choices: Choices) =>
  z.enum(choices, `must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`).default(choices[0]);

// A hash may take half of what there is at most: with more, the first login ends the process.
const maxPasswordKib = Math.min(
  4_194_304,
  Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2048),
);

const environment = z.object({
  NODE_ENV: oneOf('production', 'development', 'test'),
  PORT: wholeNumber(3000, 1, 65_535),
  HOST: z
    .string()
    .refine(isHost, 'must be an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres:// and have no blanks (write %20)')
    .optional(),
  DATA_DIR: z
    .string()
    .regex(/^[^\p{Cc}~$][^\p{Cc}]*$/u, 'must be the path of a folder, written out without ~ or $')
    .default('data'),
  PUBLIC_URL: origin.optional(),
  // What docker-compose.yml publishes: the HTTP_PORT of whoever runs it.
  PUBLISHED_PORT: publishedPort.optional(),
  HSTS: oneOf('host', 'subdomains', 'preload', 'off'),
  TRUST_PROXY: trustProxy.optional(),
  WEB_CONCURRENCY: wholeNumber(1, 1, 64),
  LOG_LEVEL: oneOf('info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent'),
  SENDS_PER_MINUTE: wholeNumber(30, 1, 1_000_000),
  SEARCHES_PER_MINUTE: wholeNumber(30, 1, 1_000_000),
  // A mailbox that may be full is counted while its sender waits: a million messages in about 0.2 s.
  MAILBOX_MESSAGES: wholeNumber(100_000, 100, 1_000_000),
  // At least as many as one press of Send can take, with the longest drafts beside it.
  MAILBOX_BYTES: wholeNumber(1_000_000_000, 10_000_000, 1_000_000_000_000),
  LOGINS_PER_MINUTE: wholeNumber(10, 1, 1_000_000),
  REGISTRATIONS_PER_HOUR: wholeNumber(20, 1, 1_000_000),
  REGISTRATION: oneOf('open', 'invite', 'closed'),
  // Not "admins": there are none, the operator works from the command line.
  REQUIRE_SECOND_FACTOR: oneOf('off', 'all'),
  MEMBERS_INVITE: wholeNumber(0, 0, 1000),
  // OWASP Password Storage Cheat Sheet, Argon2id: m = 19 MiB, t = 2, p = 1. The floor is theirs too (7 MiB).
  PASSWORD_MEMORY_KIB: wholeNumber(19_456, 7_168, maxPasswordKib),
  PASSWORD_PASSES: wholeNumber(2, 1, 100),
});

export type Hsts = 'host' | 'subdomains' | 'preload' | 'off';

export interface Config {
  isDevelopment: boolean;
  port: number;
  host: string;
  /** Where PostgreSQL is, or undefined: then the program starts its own in dataDir. */
  databaseUrl: string | undefined;
  dataDir: string;
  /** The origin people type, without a slash at the end. */
  publicUrl: string;
  isHttps: boolean;
  /** For which names browsers keep to https for a year, where the public address is https. */
  hsts: Hsts;
  trustProxy: number | string | false;
  /** How many processes share the port. */
  processes: number;
  logLevel: string;
  sendsPerMinute: number;
  searchesPerMinute: number;
  /** How much a mailbox may hold, the trash included. */
  mailbox: { messages: number; bytes: number };
  /** Failed logins a minute for a pair of name and address; an address alone may fail five times as often. */
  loginsPerMinute: number;
  registrationsPerHour: number;
  /** Who may make an account: everybody, whoever has an invitation, or nobody. */
  registration: 'open' | 'invite' | 'closed';
  /** Who must have a second factor: nobody, or everybody. */
  requireSecondFactor: 'off' | 'all';
  /** How many unused invitations a member may have at a time. */
  membersInvite: number;
  password: { memoryKib: number; passes: number };
}

/** The settings of this process, from its environment and, where that says nothing, from the file .env. */
export function readSettings(): Config {
  // Workers inherit what the first process read, and may start without the right to read it (system-user.ts).
  if (!cluster.isWorker) loadEnvFile(process.env);
  process.env.NODE_ENV ||= 'production'; // Express reads it too
  return readConfig(process.env);
}

/** Reads the settings; throws a StartupError that names each wrong one (never its value: it may be a secret). */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty value is what `NAME=` in a .env file or in compose leaves behind: the same as not set.
  const given = Object.entries(env).filter(([, value]) => value !== '');
  const parsed = environment.safeParse(
    Object.fromEntries(given.map(([name, value]) => [name, value?.trim()])),
  );
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(
      ({ path, message }) => `${path[0] === 'PUBLISHED_PORT' ? 'HTTP_PORT' : String(path[0])} ${message}`,
    );
    throw new StartupError(`Wrong settings: ${wrong.join('; ')}.`);
  }
  const settings = parsed.data;
  const listensOn = { host: settings.HOST, port: settings.PORT };
  const publicUrl = settings.PUBLIC_URL ?? urlOf(settings.PUBLISHED_PORT ?? listensOn);
  return {
    isDevelopment: settings.NODE_ENV === 'development',
    port: settings.PORT,
    host: settings.HOST,
    databaseUrl: settings.DATABASE_URL,
    dataDir: isAbsolute(settings.DATA_DIR) ? settings.DATA_DIR : resolve(settings.DATA_DIR),
    publicUrl,
    isHttps: publicUrl.startsWith('https:'),
    hsts: settings.HSTS,
    trustProxy: settings.TRUST_PROXY ?? false,
    processes: settings.WEB_CONCURRENCY,
    logLevel: settings.LOG_LEVEL,
    sendsPerMinute: settings.SENDS_PER_MINUTE,
    searchesPerMinute: settings.SEARCHES_PER_MINUTE,
    mailbox: { messages: settings.MAILBOX_MESSAGES, bytes: settings.MAILBOX_BYTES },
    loginsPerMinute: settings.LOGINS_PER_MINUTE,
    registrationsPerHour: settings.REGISTRATIONS_PER_HOUR,
    registration: settings.REGISTRATION,
    requireSecondFactor: settings.REQUIRE_SECOND_FACTOR,
    membersInvite: settings.MEMBERS_INVITE,
    password: { memoryKib: settings.PASSWORD_MEMORY_KIB, passes: settings.PASSWORD_PASSES },
  };
}
