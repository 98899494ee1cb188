// Settings: parses the environment and the file .env once; the only reader of process.env.
import cluster from 'node:cluster';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { domain, isHost, isThisMachine, origin, publishedPort, trustProxy, urlOf } from './addresses.ts';
import { loadEnvFile } from './env-file.ts';
import { StartupError } from './startup-error.ts';

export const registrations = ['open', 'invite', 'approve', 'closed'] as const;
export type Registration = (typeof registrations)[number];

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

const address = (fallback: string) =>
  z
    .string()
    .refine(isHost, 'must be an address or a host name of this machine, such as 127.0.0.1 or 0.0.0.0')
    .default(fallback);

// One hash may use at most half of the memory: with more, the first login would kill the process.
const maxPasswordKib = Math.min(
  4_194_304,
  Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2048),
);

const environment = z.object({
  NODE_ENV: oneOf('production', 'development', 'test'),
  PORT: wholeNumber(3000, 1, 65_535),
  HOST: address('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres:// and have no blanks (write %20)')
    .optional(),
  DATA_DIR: z
    .string()
    .regex(/^[^\p{Cc}~$][^\p{Cc}]*$/u, 'must be the path of a folder, without ~ or $')
    .default('data'),
  BACKUP_DIR: z
    .string()
    .regex(/^[^\p{Cc}~$][^\p{Cc}]*$/u, 'must be the path of a folder, without ~ or $')
    .optional(),
  BACKUP_KEEP: z
    .string()
    .regex(
      /^[1-9]\d{0,2},\d{1,3},\d{1,3}$/,
      'must be three numbers of days, weeks and months, such as 7,4,12',
    )
    .default('7,4,12'),
  BACKUP_PUBLIC_KEY: z
    .string()
    .regex(
      /^age1[02-9ac-hj-np-z]{58}$/,
      'must be a public key that begins with age1, from backup-key or age-keygen',
    )
    .optional(),
  DOMAIN: domain.optional(),
  CERTIFICATE_URL: origin.optional(), // where nginx in docker-compose.yml tells about the certificate
  PUBLIC_URL: origin.optional(),
  PUBLISHED_PORT: publishedPort.optional(), // HTTP_PORT in docker-compose.yml
  HSTS: oneOf('host', 'subdomains', 'preload', 'off'),
  TRUST_PROXY: trustProxy.optional(),
  WEB_CONCURRENCY: wholeNumber(1, 1, 64),
  METRICS: oneOf('off', 'on'),
  METRICS_PORT: wholeNumber(9464, 1, 65_535),
  METRICS_HOST: address('127.0.0.1'),
  LOG_LEVEL: oneOf('info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent'),
  SENDS_PER_MINUTE: wholeNumber(30, 1, 1_000_000),
  NEW_PEOPLE_PER_DAY: wholeNumber(20, 1, 1_000_000),
  SEARCHES_PER_MINUTE: wholeNumber(30, 1, 1_000_000),
  // Senders wait while a mailbox that may be full is counted: about 0.2 s for a million messages.
  MAILBOX_MESSAGES: wholeNumber(100_000, 100, 1_000_000),
  // The minimum fits the most that one click on Send can take, plus the longest drafts.
  MAILBOX_BYTES: wholeNumber(1_000_000_000, 10_000_000, 1_000_000_000_000),
  LOGINS_PER_MINUTE: wholeNumber(10, 1, 1_000_000),
  REGISTRATIONS_PER_HOUR: wholeNumber(20, 1, 1_000_000),
  FIRST_CONTACT: oneOf('inbox', 'requests').removeDefault().optional(),
  REGISTRATION: oneOf(...registrations)
    .removeDefault()
    .optional(),
  REQUIRE_SECOND_FACTOR: oneOf('off', 'admins', 'all'),
  MEMBERS_INVITE: wholeNumber(0, 0, 1000),
  DIRECTORY: oneOf('off', 'members'),
  // OWASP Password Storage Cheat Sheet, Argon2id: m = 19 MiB, t = 2, p = 1; the minimum of 7 MiB is theirs too.
  PASSWORD_MEMORY_KIB: wholeNumber(19_456, 7_168, maxPasswordKib),
  PASSWORD_PASSES: wholeNumber(2, 1, 100),
});

export const settingNames = Object.keys(environment.shape);

export type Hsts = 'host' | 'subdomains' | 'preload' | 'off';

export interface Config {
  isDevelopment: boolean;
  port: number;
  host: string;
  databaseUrl: string | undefined; // undefined: use the built-in PostgreSQL in dataDir
  dataDir: string;
  backups: {
    folder: string | undefined; // undefined: none by itself
    keep: { days: number; weeks: number; months: number };
    publicKey: string | undefined; // undefined: not encrypted
  };
  domain: string | undefined; // the name to get a certificate for
  certificateUrl: string | undefined; // where nginx tells about the certificate that it gets, if it does
  publicUrl: string; // the origin users type, without a trailing slash
  isAddressGiven: boolean; // by DOMAIN or PUBLIC_URL, or in containers by HTTP_PORT
  isHttps: boolean;
  hsts: Hsts; // the names browsers keep to https for a year; only where isHttps
  trustProxy: number | string | false;
  processes: number;
  metrics: { host: string; port: number } | undefined; // where they are served
  logLevel: string;
  sendsPerMinute: number;
  newPeoplePerDay: number; // whom a member may write to unasked, before answers and complaints
  searchesPerMinute: number;
  mailbox: { messages: number; bytes: number }; // the quota, trash included
  loginsPerMinute: number; // failed, per username and address; five times as many per address
  registrationsPerHour: number;
  registration: Registration; // until an administrator chooses (web/site.ts)
  requireSecondFactor: 'off' | 'admins' | 'all';
  firstContact: 'inbox' | 'requests' | undefined; // undefined: by who may register (mailbox/contacts)
  directory: 'off' | 'members'; // whether members see a list of all members
  membersInvite: number; // unused invitations a member may have at a time
  password: { memoryKib: number; passes: number };
}

export function readSettings(): Config {
  // Workers inherit the settings, and may not have permission to read .env (system-user.ts).
  if (!cluster.isWorker) loadEnvFile(process.env);
  process.env.NODE_ENV ||= 'production'; // Express reads it too
  return readConfig(process.env);
}

/** The environment of a child process: this one's, with other values for these settings. */
export function environmentWith(settings: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...settings };
}

/** Throws a StartupError that names each wrong setting, but never its value: it may be a secret. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // `NAME=` in .env or compose yields an empty value, which counts as not set.
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
  const [days, weeks, months] = settings.BACKUP_KEEP.split(',').map(Number);
  const named = settings.DOMAIN && `https://${settings.DOMAIN}`;
  if (named && settings.PUBLIC_URL && settings.PUBLIC_URL !== named)
    throw new StartupError('Wrong settings: PUBLIC_URL must be https:// and the name in DOMAIN, or not set.');
  const publicUrl = named ?? settings.PUBLIC_URL ?? urlOf(settings.PUBLISHED_PORT ?? listensOn);
  // In a container HOST says nothing: there, the address decides that was set.
  const isForOthers =
    !isThisMachine(new URL(publicUrl).hostname) ||
    (!settings.PUBLISHED_PORT && !isThisMachine(settings.HOST));
  return {
    isDevelopment: settings.NODE_ENV === 'development',
    port: settings.PORT,
    host: settings.HOST,
    databaseUrl: settings.DATABASE_URL,
    dataDir: resolve(settings.DATA_DIR),
    backups: {
      folder: settings.BACKUP_DIR && resolve(settings.BACKUP_DIR),
      keep: { days: days!, weeks: weeks!, months: months! },
      publicKey: settings.BACKUP_PUBLIC_KEY,
    },
    domain: settings.DOMAIN,
    certificateUrl: settings.DOMAIN && settings.CERTIFICATE_URL,
    publicUrl,
    isAddressGiven: Boolean(named ?? settings.PUBLIC_URL ?? settings.PUBLISHED_PORT),
    isHttps: publicUrl.startsWith('https:'),
    hsts: settings.HSTS,
    trustProxy: settings.TRUST_PROXY ?? false,
    processes: settings.WEB_CONCURRENCY,
    metrics:
      settings.METRICS === 'on' ? { host: settings.METRICS_HOST, port: settings.METRICS_PORT } : undefined,
    logLevel: settings.LOG_LEVEL,
    sendsPerMinute: settings.SENDS_PER_MINUTE,
    newPeoplePerDay: settings.NEW_PEOPLE_PER_DAY,
    searchesPerMinute: settings.SEARCHES_PER_MINUTE,
    mailbox: { messages: settings.MAILBOX_MESSAGES, bytes: settings.MAILBOX_BYTES },
    loginsPerMinute: settings.LOGINS_PER_MINUTE,
    registrationsPerHour: settings.REGISTRATIONS_PER_HOUR,
    registration: settings.REGISTRATION ?? (isForOthers ? 'invite' : 'open'),
    requireSecondFactor: settings.REQUIRE_SECOND_FACTOR,
    membersInvite: settings.MEMBERS_INVITE,
    directory: settings.DIRECTORY,
    firstContact: settings.FIRST_CONTACT,
    password: { memoryKib: settings.PASSWORD_MEMORY_KIB, passes: settings.PASSWORD_PASSES },
  };
}
