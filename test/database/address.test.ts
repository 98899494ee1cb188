// Errors about DATABASE_URL: one line with the cure, which shows no part of the address.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pg from 'pg';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { checkAddress, withoutAddress } from '../../src/database/address.ts';
import { createPool } from '../../src/database/pool.ts';
import { createLog } from '../../src/web/log.ts';
import { createDatabase } from '../support/database.ts';
import { freePort } from '../support/program.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { refusalOf } from '../support/refused.ts';
import { available } from '../support/required.ts';

const canary = /c[a4]n[a4]ry/i;
let port: number;
beforeAll(async () => {
  port = await freePort();
});

const malformed = /^DATABASE_URL is not a valid address\. It looks like postgres:\/\/USER:PASSWORD@HOST/;
const away = /^PostgreSQL cannot be reached \(DATABASE_URL\): (connect|getaddrinfo) E[A-Z_]+$/;
const mode = /^DATABASE_URL has an unknown sslmode: .*disable.*verify-full.*no-verify/;
const file = /^A file that DATABASE_URL names \(sslrootcert, sslcert or sslkey\) cannot be read: E[A-Z]+\.$/;

test.each([
  [
    'a slash and a hash in the password',
    'postgres://canary:canary/#canary@localhost:canary/canary',
    malformed,
  ],
  ['percent signs', 'postgres://canary:50%canary%zz@127.0.0.1:PORT/canary', away],
  ['a percent sign at the end', 'postgres://canary:canary%@127.0.0.1:PORT/canary', away],
  ['percent signs that mean no text', 'postgres://canary:%E0%A4canary@127.0.0.1:PORT/canary', malformed],
  ['a port that is a word', 'postgres://canary:canary@127.0.0.1:canary/canary', malformed],
  ['a port that is too high', 'postgres://canary:canary@canary.invalid:99999/canary', malformed],
  ['a port among the parameters', 'postgres://canary:canary@127.0.0.1/canary?port=canary', malformed],
  ['a port too high among them', 'postgres://canary:canary@127.0.0.1/canary?port=70000', malformed],
  ['an open bracket', 'postgres://canary:canary@[canary/canary', malformed],
  ['a host that is not known', 'postgres://canary:canary@canary.invalid/canary', away],
  ['several hosts', 'postgres://canary:canary@canary.invalid,canary2.invalid/canary', away],
  ['a port where nothing listens', 'postgres://canary:canary@127.0.0.1:PORT/canary', away],
  ['a name with two addresses', 'postgres://canary:canary@localhost:PORT/canary', away],
  ['a socket that is not there', 'postgres://canary:canary@/canary?host=/canary/socket', away],
  ['an encoded socket', 'postgres://canary@%2Fcanary%2Fsocket/canary', away],
  ['an sslmode that is none', 'postgres://canary:canary@127.0.0.1:PORT/canary?sslmode=canary', mode],
  ['an sslmode of libpq', 'postgres://canary:canary@127.0.0.1:PORT/canary?sslmode=allow', mode],
  ['a certificate that is missing', 'postgres://canary@127.0.0.1/canary?sslrootcert=/canary.pem', file],
  ['a key that is missing', 'postgres://canary@127.0.0.1/canary?sslkey=/canary.key&sslmode=require', file],
  ['a client certificate that is missing', 'postgres://canary@127.0.0.1/canary?sslcert=/canary.pem', file],
  ['a folder as a certificate', 'postgres://canary@127.0.0.1/canary?sslrootcert=/tmp', file],
  [
    'a negotiation that is none',
    'postgres://canary@127.0.0.1/db?sslnegotiation=canary',
    /^DATABASE_URL cannot be used: /,
  ],
  [
    'verify-ca without a certificate',
    'postgres://canary@127.0.0.1/db?uselibpqcompat=true&sslmode=verify-ca',
    /^DATABASE_URL cannot be used: .*sslrootcert/,
  ],
])('%s', async (_name, url, expected) => {
  const line = await refusalOf(url.replace('PORT', String(port)));
  expect(line).toMatch(expected);
  expect(line).not.toMatch(canary);
  expect(line).not.toContain(String(port));
});

describe('with a server that answers', () => {
  test.each([
    [
      'a database that does not exist',
      'no_such_canary',
      'owner',
      /^The database in DATABASE_URL does not exist\.$/,
    ],
    [
      'a user that does not exist',
      'postgres',
      'canary',
      /^PostgreSQL refuses the user or the password in DATABASE_URL: role "…" does not exist$/,
    ],
  ])('%s', async (_name, database, user, expected) => {
    const line = await refusalOf(inject('postgres').replace('owner@/postgres', `${user}@/${database}`));
    expect(line).toMatch(expected);
    expect(line).not.toMatch(canary);
  });

  test('a migration that the database refuses with its own message', async () => {
    const url = await createDatabase('template0');
    const role = `canary_${process.pid}`;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`
      create role ${role} login; grant all on schema public to ${role};
      create function forbid() returns event_trigger language plpgsql as
        $$ begin raise exception '% may not do this in %', session_user, current_database(); end $$;
      create event trigger forbid on ddl_command_start when tag in ('CREATE INDEX') execute function forbid()`);
    await client.end();
    const line = await refusalOf(url.replace('owner@', `${role}@`));
    expect(line).toMatch(/^Migration \d+_\w+\.sql failed and was rolled back: … may not do this in …$/);
  });

  test.each([
    ['nothing that TLS could check', 'not a certificate: canary'],
    ['half a certificate', '-----BEGIN CERTIFICATE-----\nMIICanary\n-----END CERTIFICATE-----\n'],
  ])('a certificate file with %s', async (_name, content) => {
    const folder = mkdtempSync(join(tmpdir(), 'pm-canary-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'ca.pem'), content);
    const bouncer = await overTls();
    const line = await refusalOf(`${bouncer}?sslrootcert=${folder}/ca.pem`);
    expect(line).not.toMatch(canary);
    expect(line).not.toContain(folder);
  });
});

/** The address of a database behind a server with a self-signed certificate. */
async function overTls(): Promise<string> {
  const [key, certificate] = ['self-signed.key', 'self-signed.pem'].map(
    (name) => new URL(`tls/${name}`, import.meta.url).pathname,
  );
  const bouncer = await startPgBouncer(
    await createDatabase('template0'),
    'session',
    { client_tls_sslmode: 'require' },
    { client_tls_key_file: key!, client_tls_cert_file: certificate! },
  );
  onTestFinished(() => bouncer.close());
  return bouncer.url;
}

describe.skipIf(!available('pgbouncer'))('a certificate of an unknown authority', () => {
  const selfSigned = /^The certificate of PostgreSQL is self-signed, .*sslrootcert=.*sslmode=no-verify/;
  const certificate = new URL('tls/self-signed.pem', import.meta.url).pathname;

  test.each(['require', 'prefer', 'verify-ca', 'verify-full'])(
    'with sslmode=%s, the line names the cure',
    async (name) => {
      const warnings: unknown[] = [];
      const warn = (warning: Error) => warnings.push(warning.message);
      process.on('warning', warn);
      onTestFinished(() => void process.off('warning', warn));
      expect(await refusalOf(`${await overTls()}?sslmode=${name}`)).toMatch(selfSigned);
      expect(warnings).toEqual([]);
    },
  );

  test('and the cure works', async () => {
    const url = await overTls();
    for (const help of [
      `sslmode=verify-full&sslrootcert=${certificate}`,
      'sslmode=no-verify',
      'uselibpqcompat=true&sslmode=require',
    ]) {
      const pool = createPool(checkAddress(`${url}?${help}`), () => {});
      expect((await pool.query('select 1 as one')).rows, help).toEqual([{ one: 1 }]);
      await pool.end();
    }
  });

  test('a certificate for another host name', async () => {
    const url = (await overTls()).replace('127.0.0.1', 'localhost');
    expect(await refusalOf(`${url}?sslrootcert=${certificate}`)).toMatch(
      /^The certificate of PostgreSQL does not match the host/,
    );
  });

  test('a server without TLS where it is required', async () => {
    const bouncer = await startPgBouncer(await createDatabase('template0'), 'session');
    onTestFinished(() => bouncer.close());
    expect(await refusalOf(`${bouncer.url}?sslmode=require`)).toMatch(
      /^PostgreSQL does not support TLS there: .*sslmode=disable/,
    );
  });
});

test('parts of the address are removed from other messages, as words and in every encoding', () => {
  const url = 'postgres://canary:p%40ss%2Fword@db.canary.example:6543/letters?sslrootcert=/etc/canary.pem';
  for (const [said, shown] of [
    [
      'no entry for host "db.canary.example", user "canary", database "letters"',
      'no entry for host "…", user "…", database "…"',
    ],
    ['connect to DB.CANARY.EXAMPLE:6543 with p@ss/word', 'connect to …:… with …'],
    ['open /etc/canary.pem or p%40ss%2Fword', 'open … or …'],
    ['the letters_read of 65432', 'the letters_read of 65432'],
  ])
    expect(withoutAddress(said!, url)).toBe(shown);
});

test('the log of a started program shows none either', async () => {
  const lines: string[] = [];
  const log = createLog(
    'info',
    new Writable({ write: (line, _encoding, done) => (lines.push(String(line)), done()) }),
  );
  for (const url of [
    'postgres://canary:canary@canary.invalid/canary',
    `postgres://canary:canary@127.0.0.1:${port}/canary`,
    'postgres://canary@/canary?host=/canary',
  ]) {
    const pool = new pg.Pool({ connectionString: url });
    await pool.query('select 1').catch((error: Error) => log.error({ err: error }, 'background'));
    await pool.end();
  }
  expect(lines).toHaveLength(3);
  for (const line of lines) {
    expect(line).not.toMatch(canary);
    expect(line).not.toContain(String(port));
    expect(line).toMatch(/"code":"E[A-Z]+"/);
  }
});
