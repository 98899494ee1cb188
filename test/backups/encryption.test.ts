// Encrypted backups: in the format of age, with every bit and the end of the file protected.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { isPublicKey, isSecretKey, makeKeys } from '../../src/backups/age-keys.ts';
import { decryptWith, encryptFor } from '../../src/backups/age.ts';
import { runOperator } from '../operator/command.ts';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered } from '../support/person.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-encrypted-'));
const app = await startApp();
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

type Step = (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;
const through = async (step: Step, bytes: Buffer) =>
  Buffer.concat(await Array.fromAsync(step(Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]))));
const { publicKey, secretKey } = makeKeys();
const encrypt = (bytes: Buffer) => through(encryptFor({ publicKey }), bytes);
const decrypt = (bytes: Buffer) => through(decryptWith({ secretKey }), bytes);
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

test('files that age 1.1.1 wrote are decrypted', async () => {
  const byKey =
    'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBtTEE5alhqZm14STBtV2kwVFNWdjhHcHNnSTBIeWhqWWt6NklONXdmZVhVCitXSG5JejhY' +
    'S0FWU2h3c0dESVVxbWQ1QkFpUmtoTjJoK3R4ZHpscVlFS28KLS0tIHI1bllhdW1IRDlMTmsxYWlqZzQyc0JHMnFweXdMdHl3RVBEVWRwNlRoRVUK' +
    '/WFi2hRMOUZwzcdcSLlC2mrsqJMg/W6x65zBa1H2zaSZzlTWpyr7BwNwJXqTbeqPfZm6xiOs';
  const byPassphrase =
    'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBSSVZsK2x2V2QwK2x2NkZMTnQxNWFBIDE4CnJFVStQVnlRdzBYeHV2Zk5oTXZET1VocGNN' +
    'ZU9sU3pWMWt2U25JYUlBcG8KLS0tIGErcUxxVXplcG10czJkdTh0OHhiNnprUGlKc1dKRWN4TTl6TkRTQkp5RFEKHyi/Co//ySmDGdUnDMbN73GP' +
    '2IPofdspMRi7rTuLcqKwaXr905fQFyjpp2zrNs1iQPK7KWGs';
  const theirs = { secretKey: 'AGE-SECRET-KEY-1N23YW4EWYM2DRXX7Q8Q7G2A6CSANC3HA3C2L02Q4P768HZ3VSLASEJQRZQ' };
  const words = Buffer.from('Written by age itself.');
  expect(await through(decryptWith(theirs), Buffer.from(byKey, 'base64'))).toEqual(words);
  const passphrase = { passphrase: 'correct horse battery' };
  expect(await through(decryptWith(passphrase), Buffer.from(byPassphrase, 'base64'))).toEqual(words);
});

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])('%i bytes are decrypted as they were', async (size) => {
  const bytes = Buffer.alloc(size, 'some words');
  expect(await decrypt(await encrypt(bytes))).toEqual(bytes);
});

test('a flipped bit, a missing end and chunks in another order are found', async () => {
  const small = await encrypt(Buffer.from('some words'));
  for (let at = 0; at < small.length; at++) {
    const changed = Buffer.from(small);
    changed[at]! ^= 1 << (at % 8);
    expect(await failureOf(decrypt(changed)), `byte ${at}`).toMatch(/^StartupError: .*Nothing was changed\./);
    expect(await failureOf(decrypt(small.subarray(0, at))), `${at} bytes`).toMatch(/^StartupError: /);
  }
  const chunk = 65_536 + 16;
  const large = await encrypt(Buffer.alloc(3 * 65_536, 'some words'));
  const start = large.length - 3 * chunk;
  const [first, second, third] = [0, 1, 2].map((n) =>
    large.subarray(start + n * chunk, start + (n + 1) * chunk),
  );
  const head = large.subarray(0, start);
  for (const chunks of [
    [first],
    [first, second],
    [second, first, third],
    [first, third],
    [first, second, third, third],
  ])
    expect(await failureOf(decrypt(Buffer.concat([head, ...(chunks as Buffer[])])))).toMatch(/damaged/);
});

test('keys with a typing error are refused', () => {
  expect([isPublicKey(publicKey), isSecretKey(secretKey)]).toEqual([true, true]);
  for (let at = 0; at < publicKey.length; at++) {
    const mistyped = publicKey.slice(0, at) + (publicKey[at] === 'q' ? 'p' : 'q') + publicKey.slice(at + 1);
    expect(isPublicKey(mistyped), mistyped).toBe(false);
  }
  expect(isSecretKey(publicKey)).toBe(false);
});

test('a backup with a passphrase is restored with it, and with no other', async () => {
  await registered(app.url, 'alice');
  const from = { DATABASE_URL: app.databaseUrl };
  const short = await runOperator(from, ['backup', '--to', folder, '--passphrase'], 'short\n');
  expect(short.err).toContain('No backup was made: a passphrase has at least 12 characters.');
  const ended = await runOperator(from, ['backup', '--to', folder, '--passphrase'], 'correct horse\n');
  const file = ended.out.trim();
  expect(file).toMatch(/\.backup\.age$/);
  expect(readFileSync(file, 'latin1')).not.toContain('private-messages');

  const to = { DATABASE_URL: await createDatabase(), DATA_DIR: folder };
  const wrong = await runOperator(to, ['restore', file], 'wrong horse\n');
  expect(wrong).toMatchObject({ code: 1, out: '' });
  expect(wrong.err).toContain(
    'private-messages: The passphrase is wrong, or the file is damaged. Nothing was changed.\n',
  );
  expect((await runOperator(to, ['restore', file], 'correct horse\n')).out).toContain('Restored 1 account ');
});

test('a backup for a public key is restored with the secret key', async () => {
  const keyFile = join(folder, 'key.txt');
  const made = await runOperator({ DATABASE_URL: app.databaseUrl }, ['backup-key']);
  writeFileSync(keyFile, made.out);
  const recipient = /age1\w+/.exec(made.out)![0];
  const args = ['backup', '--to', folder, '--public-key'];
  const wrong = await runOperator({ DATABASE_URL: app.databaseUrl }, [...args, recipient.replace(/.$/, '')]);
  expect(wrong).toMatchObject({
    code: 2,
    err: expect.stringContaining('--public-key takes a key') as string,
  });
  const file = (await runOperator({ DATABASE_URL: app.databaseUrl }, [...args, recipient])).out.trim();

  const to = { DATABASE_URL: await createDatabase(), DATA_DIR: folder };
  const without = await runOperator(to, ['restore', file]);
  expect(without.err).toContain('The file is encrypted for a key: say --key-file FILE');
  const restored = await runOperator(to, ['restore', file, '--key-file', keyFile]);
  expect(restored.out).toContain('Restored 1 account ');
});
