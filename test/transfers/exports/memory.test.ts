// An export of 100,000 messages by the real program takes no more memory than one of 40,000.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, calmSettings, type TestApp } from '../../support/app.ts';
import { registered, type Person } from '../../support/person.ts';
import { launch, ready, type Program } from '../../support/program.ts';
import { residentKb } from '../../support/resident.ts';
import { unzip } from '../../support/zip.ts';
import { exportOf, fillMailbox } from './exporting.ts';

const many = 100_000;
let app: TestApp;
let program: Program;
beforeAll(async () => {
  app = await startApp();
  program = await launch({ ...calmSettings, DATABASE_URL: app.databaseUrl });
  await ready(program);
});
afterAll(async () => {
  await program.end();
  await app.close();
});

const inMb = (kb: number) => `${Math.round(kb / 1024)} MB`;

/** The export of this many messages, and the most memory that the program took meanwhile, in kB. */
async function measure(username: string, count: number): Promise<{ bytes: Buffer; most: number }> {
  const person = await registered(program.url, username);
  await fillMailbox(app.databaseUrl, username, count, 300);
  const startedAt = performance.now();
  const { bytes, most } = await measured(person);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${count} messages: ${inMb(bytes.length / 1024)} in ${seconds} s, at most ${inMb(most)} of memory`,
  );
  return { bytes, most };
}

async function measured(person: Person): Promise<{ bytes: Buffer; most: number }> {
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, residentKb(program.process.pid!))), 100);
  const bytes = await exportOf(program.url, person);
  clearInterval(watch);
  return { bytes, most };
}

test('it takes no more memory than one of 40,000 messages, and has all of them three times', async () => {
  const few = await measure('alice', 40_000);
  const all = await measure('bob', many);
  const zip = await unzip(all.bytes);
  expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(many);
  expect(zip.get('mailbox.mbox')!.match(/^From /gm)).toHaveLength(many);
  expect(zip.get('messages.html')!.match(/<article>/g)).toHaveLength(many);
  expect(all.most - few.most).toBeLessThan(60 * 1024);
}, 400_000);

test('nor does one of 200 drafts of 100,000 characters', async () => {
  const person = await registered(program.url, 'carol');
  await app.pool.query(
    `insert into drafts (owner_id, id, recipient, body, saved_at)
     select u.id, gen_random_uuid(), '', n || repeat('🦉', 99990), now() from users u, generate_series(1, 200) n
     where username = 'carol'`,
  );
  const before = residentKb(program.process.pid!);
  const { most, bytes } = await measured(person);
  const { drafts } = JSON.parse((await unzip(bytes)).get('account.json')!) as { drafts: { body: string }[] };
  expect(new Set(drafts.map(({ body }) => body)).size).toBe(200);
  expect(most - before).toBeLessThan(220 * 1024); // 360 MB when all are read together
});
