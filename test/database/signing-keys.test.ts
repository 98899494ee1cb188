// Cookie signing keys: created once, shared by all processes, rotated without signing anybody out.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { openSigningKeys, rotateSigningKeys } from '../../src/database/signing-keys.ts';
import { calmSettings, startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered, type Person } from '../support/person.ts';
import { projectFolder } from '../support/program.ts';
import { postgresIn, start, until, usedSite } from '../start/site.ts';

async function openDatabase(): Promise<{ url: string; pool: Pool }> {
  const url = await createDatabase();
  const pool = createPool(url, () => {});
  onTestFinished(() => pool.end());
  return { url, pool };
}

/** What a process that starts now holds. */
async function secretsAtStart(pool: Pool): Promise<string[]> {
  const { secrets, close } = await openSigningKeys(pool, () => {});
  close();
  return secrets;
}

async function listNumbers(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ number: number }>('select number from signing_keys order by number');
  return rows.map(({ number }) => number);
}

/** As if all keys had been made this much earlier. */
async function letPass(pool: Pool, time: string): Promise<void> {
  await pool.query('update signing_keys set made_at = made_at - $1::interval', [time]);
}

/** The secret, out of these, from whose key for sessions the signature of this person's last session cookie comes. */
function signerOf(person: Person, secrets: string[]): number {
  const cookie = decodeURIComponent(/session=([^;]+)/.exec(person.cookies())![1]!);
  const [, value = '', signature] = /^s:(.*)\.([^.]+)$/.exec(cookie)!;
  return secrets.findIndex((secret) => {
    const key = createHmac('sha256', secret).update('cookie session').digest('base64url');
    return createHmac('sha256', key).update(value).digest('base64').replace(/=+$/, '') === signature;
  });
}

async function rotateByCommand(settings: Record<string, string>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [join(projectFolder, 'src/database/rotate-keys.ts')], {
    cwd: '/', // away from the developer's .env
    env: { PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

test('five concurrent starts make one key', async () => {
  const { pool } = await openDatabase();
  const all = await Promise.all(Array.from({ length: 5 }, () => secretsAtStart(pool)));
  expect(all[0]![0]!.length).toBeGreaterThan(40);
  for (const secrets of all) expect(secrets).toEqual(all[0]);
});

test('a new key only verifies at first and signs after two minutes; sessions stay valid', async () => {
  const { url, pool } = await openDatabase();
  const before = await startApp({}, url);
  onTestFinished(() => before.close());
  const alice = await registered(before.url, 'alice');
  const [oldKey] = await secretsAtStart(pool);
  await rotateSigningKeys(pool);

  const atOnce = await startApp({}, url);
  onTestFinished(() => atOnce.close());
  const keys = await secretsAtStart(pool);
  expect(keys.length).toBe(2);
  expect(keys[0]).toBe(oldKey);
  const bob = await registered(atOnce.url, 'bob');
  expect(signerOf(bob, [oldKey!])).toBe(0); // the first process has not read the new key yet, and knows him

  await letPass(pool, '2 minutes 1 second');
  const later = await startApp({}, url);
  onTestFinished(() => later.close());
  const [newKey] = await secretsAtStart(pool);
  expect(newKey).toBe(keys[1]);
  const carol = await registered(later.url, 'carol');
  expect(signerOf(carol, [newKey!, oldKey!])).toBe(0);
  for (const person of [alice, bob]) {
    const page = await fetch(`${later.url}/inbox`, {
      headers: { cookie: person.cookies() },
      redirect: 'manual',
    });
    expect(page.status).toBe(200);
  }
});

test('a running process gets the same order as a starting one', async () => {
  const { pool } = await openDatabase();
  const running = await openSigningKeys(pool, () => {}, 20);
  onTestFinished(() => running.close());
  const array = running.secrets;
  for (const pause of ['0 seconds', '30 seconds', '3 minutes', '1 day']) {
    await rotateSigningKeys(pool);
    await letPass(pool, pause);
    const starting = await secretsAtStart(pool);
    await until(() => JSON.stringify(array) === JSON.stringify(starting), 2000);
  }
});

test('of several keys, the newest that is two minutes old signs, and all verify', async () => {
  const { pool } = await openDatabase();
  const [first] = await secretsAtStart(pool);
  const secretOf = async (number: number) =>
    (await pool.query<{ secret: string }>('select secret from signing_keys where number = $1', [number]))
      .rows[0]!.secret;

  await rotateSigningKeys(pool);
  await rotateSigningKeys(pool);
  expect(await secretsAtStart(pool)).toEqual([first, await secretOf(3), await secretOf(2)]);
  await letPass(pool, '3 minutes');
  await rotateSigningKeys(pool);
  const [second, third, fourth] = [await secretOf(2), await secretOf(3), await secretOf(4)];
  expect(await secretsAtStart(pool)).toEqual([third, second, first, fourth]);
  await letPass(pool, '3 minutes');
  expect(await secretsAtStart(pool)).toEqual([fourth, third, second, first]);
});

test('a key is removed once no cookie can use it, and not before', async () => {
  const { pool } = await openDatabase();
  await secretsAtStart(pool);
  await rotateSigningKeys(pool); // 2 follows 1
  await letPass(pool, '90 days');
  await rotateSigningKeys(pool); // 1 was in use until 90 days ago
  expect(await listNumbers(pool)).toEqual([1, 2, 3]);
  await letPass(pool, '2 days');
  await rotateSigningKeys(pool); // 2 was in use until 2 days ago
  expect(await listNumbers(pool)).toEqual([2, 3, 4]);
});

test('two rotations at the same moment add one key', async () => {
  const { pool } = await openDatabase();
  await secretsAtStart(pool);
  await Promise.all(Array.from({ length: 4 }, () => rotateSigningKeys(pool)));
  const numbers = await listNumbers(pool);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThan(1);
});

test('a failed reload is logged, and the keys are kept', async () => {
  const { pool } = await openDatabase();
  const errors: Error[] = [];
  const { secrets, close } = await openSigningKeys(pool, (error) => void errors.push(error), 20);
  onTestFinished(() => close());
  const before = [...secrets];
  await pool.query('alter table signing_keys rename to gone');
  await until(() => errors.length > 0, 2000);
  expect(secrets).toEqual(before);
  await pool.query('alter table gone rename to signing_keys');
  await rotateSigningKeys(pool);
  await until(() => secrets.length === 2, 2000);
});

test('the command works with and without the running program', async () => {
  const site = await usedSite();
  const program = await start(site);
  const alice = await registered(program.url, 'alice');
  const during = await rotateByCommand(site);
  expect(during).toEqual({ code: 0, out: expect.stringMatching(/^There is a new key\.[^\n]+\n$/), err: '' });
  await sleep(100);
  expect((await alice.get('/inbox')).status).toBe(200);
  await program.end();

  expect(await rotateByCommand(site)).toMatchObject({ code: 0, err: '' });
  expect(postgresIn(site.DATA_DIR!)).toEqual([]);

  const again = await start(site);
  expect((await alice.get('/inbox')).status).toBe(200);
  const pool = createPool(
    `postgres://owner@/postgres?host=${encodeURIComponent(`${site.DATA_DIR}/postgres`)}`,
    () => {},
  );
  expect(await listNumbers(pool)).toEqual([1, 2, 3]);
  await pool.end();
  await again.end();
});

test('the command reports an unreachable database in one line', async () => {
  const { code, err } = await rotateByCommand({
    ...calmSettings,
    DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/db',
  });
  expect(code).toBe(1);
  expect(err).toMatch(/^private-messages: PostgreSQL cannot be reached [^\n]+\n$/);
  expect(err).not.toContain('hunter2');
});
