// The environment, parsed once; the only reader of process.env.
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { StartupError } from './startup-error.ts';

const number = (fallback: number, min: number, max: number) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(fallback);

const origin = z
  .url({
    protocol: /^https?$/,
    error: 'must be the address people type, such as https://letters.example.org',
  })
  .refine((url) => new URL(url).pathname === '/' && !/[?#]/.test(url), 'must have no path')
  .transform((url) => new URL(url).origin);

/** Express reads a number as "this many proxies in front", and names or addresses as "trust these". */
const trustProxy = z
  .string()
  .regex(
    /^(\d{1,2}|[\da-fA-F.:/, ]+|loopback|linklocal|uniquelocal)$/,
    'must be a number of proxies or their addresses',
  )
  .transform((value) => (/^\d+$/.test(value) ? Number(value) : value));

const environment = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  PORT: number(3000, 0, 65535),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  DATA_DIR: z.string().default('data'),
  PUBLIC_URL: origin.optional(),
  TRUST_PROXY: trustProxy.optional(),
  WEB_CONCURRENCY: number(1, 1, 64),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SENDS_PER_MINUTE: number(30, 1, 1_000_000),
  // A mailbox that may be full is counted while its sender waits: a million messages in about 0.2 s.
  MAILBOX_MESSAGES: number(100_000, 100, 1_000_000),
  LOGINS_PER_MINUTE: number(10, 1, 1_000_000),
  REGISTRATIONS_PER_HOUR: number(20, 1, 1_000_000),
  REGISTRATION: z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').default('open'),
  MEMBERS_INVITE: number(0, 0, 1000),
  // OWASP Password Storage Cheat Sheet, Argon2id: m = 19 MiB, t = 2, p = 1. The floor is theirs too (7 MiB).
  PASSWORD_MEMORY_KIB: number(19_456, 7_168, 4_194_304),
  PASSWORD_PASSES: number(2, 1, 100),
});

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
  trustProxy: number | string | false;
  /** How many processes share the port. */
  processes: number;
  logLevel: string;
  sendsPerMinute: number;
  /** How many messages a mailbox may hold, the trash included. */
  mailboxMessages: number;
  /** Failed logins a minute for a pair of name and address; an address alone may fail five times as often. */
  loginsPerMinute: number;
  registrationsPerHour: number;
  /** Who may make an account: everybody, whoever has an invitation, or nobody. */
  registration: 'open' | 'invite' | 'closed';
  /** How many unused invitations a member may have at a time. */
  membersInvite: number;
  password: { memoryKib: number; passes: number };
}

/** Reads the settings; throws a StartupError that names each wrong one (never its value: it may be a secret). */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty value is what `NAME=` in a .env file or in compose leaves behind: the same as not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new StartupError(`Wrong settings: ${wrong.join('; ')}.`);
  }
  const settings = parsed.data;
  const publicUrl = settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`;
  return {
    isDevelopment: settings.NODE_ENV === 'development',
    port: settings.PORT,
    host: settings.HOST,
    databaseUrl: settings.DATABASE_URL,
    dataDir: isAbsolute(settings.DATA_DIR) ? settings.DATA_DIR : resolve(settings.DATA_DIR),
    publicUrl,
    isHttps: publicUrl.startsWith('https:'),
    trustProxy: settings.TRUST_PROXY ?? false,
    processes: settings.WEB_CONCURRENCY,
    logLevel: settings.LOG_LEVEL,
    sendsPerMinute: settings.SENDS_PER_MINUTE,
    mailboxMessages: settings.MAILBOX_MESSAGES,
    loginsPerMinute: settings.LOGINS_PER_MINUTE,
    registrationsPerHour: settings.REGISTRATIONS_PER_HOUR,
    registration: settings.REGISTRATION,
    membersInvite: settings.MEMBERS_INVITE,
    password: { memoryKib: settings.PASSWORD_MEMORY_KIB, passes: settings.PASSWORD_PASSES },
  };
}
