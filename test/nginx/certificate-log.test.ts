// What becomes of the ACME client's messages: one line for the operator, the last failure for administrators.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeSettings } from '../support/nginx.ts';
import { projectFolder } from '../support/program.ts';

const DOMAIN = 'letters.example.org';
const folder = mkdtempSync(join(tmpdir(), 'pm-log-'));
writeSettings(folder, { DOMAIN });
const script = `to=${folder} DOMAIN=${DOMAIN}; . ${projectFolder}nginx/certificate-log.sh`;
// In a group of its own, which ends with the loop that waits for the next hour.
const reader = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
let said = '';
reader.stderr.on('data', (data: Buffer) => (said += String(data)));
afterAll(() => {
  process.kill(-reader.pid!, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** As the module writes it; `of` is how it ends. */
const write = (message: string, level = 'warn') =>
  writeFileSync(join(folder, 'acme.log'), `2026/11/28 10:47:10 [${level}] 33#33: ${message}\n`);
const of = `acme issuer: "authority", order: "${DOMAIN}-5a3c"`;
const failure = () => readFileSync(join(folder, 'certificate-failure'), 'utf8');

test('a failure is one line with its reason; a certificate ends it; everything else is left out', async () => {
  const reason = 'DNS problem: NXDOMAIN looking up A for letters.example.org: [see "x"] $(id) %s \\n `id`';
  write('start worker process 33', 'notice');
  write(`urn:ietf:params:acme:error:dns: ${reason} while updating certificate, ${of}`);
  write('urn:x while updating renewal info, ' + of);
  await expect.poll(failure).toBe(`dns: ${reason}\n`);

  write(
    'directory update failed (connect() failed) while creating account, acme issuer "authority"',
    'error',
  );
  await expect.poll(failure).toBe('directory update failed (connect() failed)\n');

  write(`certificate issued, renewal scheduled at 2026-12-28T10:47:10Z, ${of}`, 'info');
  await expect.poll(failure).toBe('');
  await expect.poll(() => said).toMatch(/certificate for letters\.example\.org\.\n$/);
  expect(
    said.split('\n').map((line) => line.split('. Does letters.example.org lead to this machine')[0]),
  ).toEqual([
    `nginx: No new certificate for ${DOMAIN}: dns: ${reason}`,
    `nginx: No new certificate for ${DOMAIN}: directory update failed (connect() failed)`,
    `nginx: There is a new certificate for ${DOMAIN}.`,
    '',
  ]);
});
