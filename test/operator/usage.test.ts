// Usage of the operator's command line: help, errors, output, exit codes.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../src/database/migration-files.ts';
import { readArguments } from '../../src/operator/arguments.ts';
import { commands } from '../../src/operator/commands.ts';
import { helpOn } from '../../src/operator/help.ts';
import { UsageError } from '../../src/operator/usage-error.ts';
import { startApp } from '../support/app.ts';
import { registered } from '../support/person.ts';
import { projectFolder } from '../support/program.ts';
import { runHere, runOperator } from './command.ts';

const app = await startApp();
beforeAll(async () => {
  for (const name of ['alice', 'bob', 'alicia']) await registered(app.url, name);
});
afterAll(() => app.close());

const operator = (...args: string[]) => runHere({ DATABASE_URL: app.databaseUrl }, args);
const nowhere = { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/db' };

describe('help', () => {
  test('lists every command, without a database', async () => {
    const { code, out, err } = await runOperator(nowhere, ['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const { name, summary } of commands)
      expect(out).toMatch(new RegExp(`^  ${name} .*${summary}$`, 'm'));
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  test.each(commands.map(({ name }) => name))('explains %s', (name) => {
    const typed = readArguments([...name.split(' '), '-h']);
    const words = helpOn(typed.command);
    expect(typed.help).toBe(true);
    expect(words).toContain(`npm run operator -- ${name}`);
    for (const option of [...typed.command!.options, 'json'])
      expect(words).toMatch(new RegExp(`^  --${option}`, 'm'));
    for (const line of words.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
});

test('a wrong call exits with code 2 and one line, without a database', async () => {
  expect(await runOperator(nowhere, ['disable', 'alice', '--yes'])).toEqual({
    code: 2,
    out: '',
    err: 'private-messages: "disable" has no option --yes. For help: npm run operator -- --help\n',
  });
});

describe('the line says what is wrong', () => {
  test.each([
    [[], 'The command is missing.'],
    [['nonsense'], 'There is no command "nonsense".'],
    [['nonsense', '--help'], 'There is no command "nonsense".'],
    [['users'], '"users" is followed by list or find.'],
    [['users', 'delete'], '"users" is followed by list or find.'],
    [['sessions'], '"sessions" is followed by end.'],
    [['disable'], '"disable" needs a username.'],
    [['disable', ''], '"disable" needs a username.'],
    [['users', 'find'], '"users find" needs a part of a username.'],
    [['disable', 'alice', 'bob'], '"disable" takes one argument.'],
    [['users', 'list', 'alice'], '"users list" takes no argument.'],
    [['disable', 'alice', '--yes'], '"disable" has no option --yes.'],
    [['disable', 'alice', '--password=x'], "Unknown option '--password'."],
    [['invite', '--days', '0'], '--days takes a number from 1 to 365.'],
    [['invite', '--days', '366'], '--days takes a number from 1 to 365.'],
    [['invite', '--days', '1.5'], '--days takes a number from 1 to 365.'],
    [['invite', '--days=-1'], '--days takes a number from 1 to 365.'],
    [['invite', '--days'], "Option '--days <value>' argument missing."],
    [['users', 'list', '--json=yes'], "Option '--json' does not take an argument."],
  ])('%j', (args, words) => {
    expect(() => readArguments(args)).toThrow(new UsageError(words));
  });
});

describe('a failed call exits with code 1 and one line', () => {
  test('for an unknown username', async () => {
    const args = ['delete', 'nobody-here', '--yes'];
    const { code, out, err } = await runOperator({ DATABASE_URL: app.databaseUrl }, args);
    expect([code, out, err]).toEqual([1, '', 'private-messages: There is no user "nobody-here".\n']);
  });

  test('for a missing database, without showing its password', async () => {
    const { code, err } = await runHere(nowhere, ['users', 'list']);
    expect(code).toBe(1);
    expect(err).toMatch(/^private-messages: PostgreSQL cannot be reached [^\n]+\n$/);
    expect(err).not.toContain('hunter2');
  });

  test('for wrong settings', async () => {
    const { code, err } = await runHere({ ...nowhere, REGISTRATION: 'hunter2' }, ['users', 'list']);
    expect([code, err]).toEqual([
      1,
      'private-messages: Wrong settings: REGISTRATION must be open, invite, approve or closed.\n',
    ]);
  });
});

describe('users', () => {
  test('are printed as a table', async () => {
    await app.pool.query(
      `update users set disabled_at = '2026-11-20T10:20:30Z', display_name = 'Bob the Builder',
                        name_key = 'bob the builder'
       where username = 'bob'`,
    );
    await app.pool.query(
      `delete from sessions where user_id = (select id from users where username = 'alicia')`,
    );
    await app.pool.query(
      `insert into totp (user_id, secret, confirmed_at, last_step)
       select id, 'sealed', now(), 0 from users where username = 'bob'`,
    );
    const { code, out, err } = await runOperator({ DATABASE_URL: app.databaseUrl }, ['users', 'list']);
    expect([code, err]).toEqual([0, '']);
    const [head, ...rows] = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(head).toEqual([
      'username',
      'display name',
      'registered',
      'seen',
      'disabled',
      'second factor',
      'admin',
      'messages',
      'bytes',
    ]);
    const today = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
    const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    expect(rows).toEqual([
      ['alice', '-', today, day, '-', 'no', '-', '0', '0'],
      ['alicia', '-', today, '-', '-', 'no', '-', '0', '0'],
      ['bob', 'Bob the Builder', today, day, '2026-11-20 10:20', 'yes', '-', '0', '0'],
    ]);
  });

  test('and as JSON', async () => {
    const { out } = await operator('users', 'list', '--json');
    const people = JSON.parse(out) as Record<string, unknown>[];
    expect(people.map(({ username }) => username)).toEqual(['alice', 'alicia', 'bob']);
    expect(people[2]).toMatchObject({ disabledAt: '2026-11-20T10:20:30.000Z' });
    const { registeredAt, seenOn } = people[0]!;
    expect(Math.abs(Date.parse(registeredAt as string) - Date.now())).toBeLessThan(120_000);
    expect(Math.abs(Date.parse(seenOn as string) - Date.now())).toBeLessThan(2 * 86_400_000);
  });

  test('are found by part of the name, in any spelling', async () => {
    const { out } = await operator('users', 'find', ' LIC', '--json');
    expect((JSON.parse(out) as { username: string }[]).map(({ username }) => username)).toEqual([
      'alice',
      'alicia',
    ]);
    const none = await operator('users', 'find', '%');
    expect(none).toEqual({ code: 1, out: '', err: 'No name contains "%".\n' });
    expect(await operator('users', 'find', '_', '--json')).toEqual({ code: 1, out: '[]\n', err: '' });
  });

  test('are listed in any number', async () => {
    await app.pool.query(
      `insert into users (id, username, password_hash)
       select gen_random_uuid(), 'many-' || lpad(n::text, 5, '0'), '' from generate_series(1, 2500) n`,
    );
    const { out } = await operator('users', 'find', 'many-', '--json');
    const names = (JSON.parse(out) as { username: string }[]).map(({ username }) => username);
    expect([names.length, new Set(names).size, names[0], names.at(-1)]).toEqual([
      2500,
      2500,
      'many-00001',
      'many-02500',
    ]);
    await app.pool.query(`delete from users where username like 'many-%'`);
  });
});

test('version prints those of the program, its schema, Node and PostgreSQL', async () => {
  const { version } = JSON.parse(readFileSync(`${projectFolder}package.json`, 'utf8')) as { version: string };
  const schema = readMigrations().at(-1)!.name.replace('.sql', '');
  const { rows } = await app.pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const postgresql = rows[0]!.version.split(' ')[0]!;
  const node = process.versions.node;
  expect((await operator('version')).out).toBe(
    `Private Messages ${version}, schema ${schema}, Node ${node}, PostgreSQL ${postgresql}\n`,
  );
  const { out } = await operator('version', '--json');
  expect(JSON.parse(out)).toEqual({ version, schema, node, postgresql });
});
