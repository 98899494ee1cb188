// secret.key: created once by concurrent starts, with an error when it cannot be used.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createEncryption } from '../../src/secrets/encryption.ts';
import { readSecretKey } from '../../src/secrets/secret-key.ts';
import { createDatabase } from '../support/database.ts';
import { projectFolder } from '../support/program.ts';
import { begin, isRoot, newFolder, ordinaryUser } from './site.ts';
import { calmSettings } from '../support/app.ts';

/** Reads the key in a process of its own; what it says, in hex or as the line with which it ends. */
async function readElsewhere(dataDir: string, user: { uid?: number; gid?: number } = {}): Promise<string> {
  const script = `
    import { readSecretKey } from '${projectFolder}src/secrets/secret-key.ts';
    try { console.log(readSecretKey(process.argv[1]).toString('hex')); } catch (error) { console.log(error.name + ': ' + error.message); }`;
  const args = ['--input-type=module', '--eval', script, dataDir];
  const child = spawn(process.execPath, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(child.stdout)).trim();
}

test('is created at the first start, readable by this user only, and kept', () => {
  const folder = join(newFolder(), 'data');
  const key = readSecretKey(folder);
  expect(key).toHaveLength(32);
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
  expect(readSecretKey(folder)).toEqual(key);
  expect(readdirSync(folder)).toEqual(['secret.key']);
  expect(readSecretKey(newFolder())).not.toEqual(key);
});

test('processes that start together share one key', async () => {
  const folder = newFolder();
  const keys = await Promise.all(Array.from({ length: 6 }, () => readElsewhere(folder)));
  expect(new Set(keys)).toEqual(new Set([readFileSync(join(folder, 'secret.key')).toString('hex')]));
  expect(readdirSync(folder)).toEqual(['secret.key']);
});

test.each([0, 31, 33])('a key of %i bytes is damaged, and stays as it is', (bytes) => {
  const folder = newFolder();
  const file = join(folder, 'secret.key');
  writeFileSync(file, Buffer.alloc(bytes));
  expect(() => readSecretKey(folder)).toThrow(`${file} is damaged: it has ${bytes} bytes instead of 32.`);
  expect(statSync(file).size).toBe(bytes);
});

test('a start with a damaged key ends with one line', async () => {
  const DATA_DIR = newFolder();
  writeFileSync(join(DATA_DIR, 'secret.key'), Buffer.alloc(31));
  const program = await begin({ ...calmSettings, DATABASE_URL: await createDatabase(), DATA_DIR });
  expect((await program.ended).code).toBe(1);
  expect(program.stderr()).toMatch(/^private-messages: [^\n]+ is damaged: it has 31 bytes[^\n]+\n$/);
});

test('an unreadable or unwritable key is an error that says what to do', async () => {
  const folder = newFolder();
  chmodSync(folder, 0o555);
  expect(await readElsewhere(folder, ordinaryUser)).toBe(
    `StartupError: Cannot write ${folder}/secret.key: permission denied. Set DATA_DIR to a folder that this user can write to.`,
  );
  const closed = newFolder({ mode: 0o777 });
  writeFileSync(join(closed, 'secret.key'), Buffer.alloc(32), { mode: 0o000 });
  expect(await readElsewhere(closed, ordinaryUser)).toBe(
    `StartupError: Cannot read ${closed}/secret.key: permission denied.`,
  );
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  expect(() => readSecretKey(file)).toThrow(/^Cannot create the data folder/);
  const odd = newFolder();
  mkdirSync(join(odd, 'secret.key'));
  expect(() => readSecretKey(odd)).toThrow(/^Cannot read .*secret\.key/);
  const dangling = newFolder();
  symlinkSync('/nowhere/at-all', join(dangling, 'secret.key'));
  expect(() => readSecretKey(dangling)).toThrow(/^Cannot read .*secret\.key/);
});

test.skipIf(!isRoot)('a key created by root in another user’s folder is readable by that user', async () => {
  const folder = newFolder({ ...ordinaryUser });
  const key = readSecretKey(folder).toString('hex');
  expect(await readElsewhere(folder, ordinaryUser)).toBe(key);
});

test('a ciphertext decrypts with the same key and context only', () => {
  const [encryption, another] = [
    createEncryption(Buffer.alloc(32, 1)),
    createEncryption(Buffer.alloc(32, 2)),
  ];
  const secret = Buffer.from('a secret of twenty b');
  const sealed = encryption.encrypt('totp alice', secret);
  expect(encryption.decrypt('totp alice', sealed)).toEqual(secret);
  expect(encryption.encrypt('totp alice', secret)).not.toEqual(sealed);
  expect(sealed.includes(secret)).toBe(false);
  expect(encryption.decrypt('totp bob', sealed)).toBeUndefined();
  expect(another.decrypt('totp alice', sealed)).toBeUndefined();
  for (let at = 0; at < sealed.length; at++) {
    const damaged = Buffer.from(sealed);
    damaged[at]! ^= 1;
    expect(encryption.decrypt('totp alice', damaged)).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length++)
    expect(encryption.decrypt('totp alice', sealed.subarray(0, length))).toBeUndefined();
});
