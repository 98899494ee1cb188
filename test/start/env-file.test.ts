// The file .env: read by every command, overridden by the environment, and errors in one line.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { loadEnvFile } from '../../src/env-file.ts';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { freePort, launch, projectFolder, ready } from '../support/program.ts';
import { newFolder, ordinaryUser } from './site.ts';

function folderWith(content: string | Buffer): string {
  const folder = newFolder();
  writeFileSync(join(folder, '.env'), content);
  return folder;
}

/** What is read from a file with this content, or why nothing is. */
function reading(content: string | Buffer, env: Record<string, string> = {}) {
  try {
    loadEnvFile(env, join(folderWith(content), '.env'));
    return env;
  } catch (error) {
    return (error as Error).message.replace(/^Cannot read the settings in .*\/\.env: /, '');
  }
}

/** Runs a command of the program in this folder, with nothing in its environment. */
async function run(cwd: string, file: string, args: string[] = [], user = {}) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [join(projectFolder, file), ...args], {
    cwd,
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

test('npm start reads settings from the file; the environment takes precedence', async () => {
  const port = await freePort();
  const calm = Object.entries({ ...calmSettings, DATABASE_URL: await createDatabase() });
  const cwd = folderWith(
    `# ours\nPORT=${port}\nPUBLIC_URL = "https://letters.example.org" # quoted\nREGISTRATION=closed\n` +
      calm.map(([name, value]) => `${name}='${value}'\n`).join(''),
  );
  const DATA_DIR = newFolder();
  const program = await launch({ PORT: '', REGISTRATION: 'open', DATA_DIR }, { cwd });
  const url = `http://127.0.0.1:${port}`;
  await ready({ ...program, url });
  await expect
    .poll(() => program.stderr())
    .toMatch(/^Open https:\/\/letters\.example\.org\nRegistration is open [^\n]+\n/);
  expect((await fetch(`${url}/register`)).status).toBe(200);
  expect((await program.end()).code).toBe(0);
  expect(statSync(join(DATA_DIR, 'secret.key')).size).toBe(32); // secret-key.test.ts has the rest
});

test('the other commands read it too', async () => {
  const cwd = folderWith(`DATABASE_URL=${await createDatabase()}\nPUBLIC_URL=https://letters.example.org\n`);
  const { code, out } = await run(cwd, 'src/operator/run.ts', ['invite']);
  expect([code, new URL(out).origin]).toEqual([0, 'https://letters.example.org']);
  expect(await run(cwd, 'src/database/rotate-keys.ts')).toMatchObject({ code: 0, err: '' });
});

test('files written for other programs are read', () => {
  expect(
    reading(
      '\uFEFFA=1\r\n\r\nexport B = two words # why\r\nC=" x\n y" # z\nD= \nE=a=b\nF=it\'s\n  # "open\n',
    ),
  ).toEqual({ A: '1', B: 'two words', C: ' x\n y', D: '', E: 'a=b', F: "it's" });
  expect(reading('A=1\nB=2', { A: 'first', B: '' })).toEqual({ A: 'first', B: '2' });
  expect(reading('')).toEqual({});
  expect(reading('DATABASE_URL=postgres://me@db/x?options="a"')).toMatchObject({
    DATABASE_URL: 'postgres://me@db/x?options="a"',
  });
});

test.each([
  ['A=1\nREGISTRATION: closed', 'line 2 is not NAME=value.'],
  ['A="1\n2"\n\nhunter2', 'line 4 is not NAME=value.'],
  ['=hunter2', 'line 1 is not NAME=value.'],
  ['{"PORT": 3000}', 'line 1 is not NAME=value.'],
  ['A="hunter2\nB=2', 'line 1 has no closing quotation mark.'],
  [Buffer.from('PORT=1', 'utf16le'), 'it is not UTF-8 text.'],
  [Buffer.from('\uFEFFPORT=1', 'utf16le'), 'it is not UTF-8 text.'],
  [Buffer.from('A=Bücher', 'latin1'), 'it is not UTF-8 text.'],
])('a line that would be ignored is refused, without showing it: %j', (content, expected) => {
  expect(reading(content)).toBe(expected);
});

test.each([
  ['src/start.js'],
  ['src/operator/run.ts', 'users', 'list'],
  ['src/demo/run.ts'],
  ['src/database/rotate-keys.ts'],
])('an unreadable file is reported in one line by %s', async (file, ...args) => {
  const folder = newFolder();
  mkdirSync(join(folder, '.env'));
  expect(await run(folder, file, args)).toEqual({
    code: 1,
    out: '',
    err: `private-messages: Cannot read the settings in ${folder}/.env: it is a folder.\n`,
  });
});

test('and by an ordinary user who may not read it', async () => {
  const closed = folderWith('PORT=1\n');
  chmodSync(join(closed, '.env'), 0);
  expect(await run(closed, 'src/start.js', [], ordinaryUser)).toEqual({
    code: 1,
    out: '',
    err: `private-messages: Cannot read the settings in ${closed}/.env: permission denied.\n`,
  });
});
