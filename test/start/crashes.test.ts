// After kill -9 of any process the site recovers, and no confirmed change is lost.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registered, type Person } from '../support/person.ts';
import type { Program } from '../support/program.ts';
import {
  begin,
  commandOf,
  newFolder,
  newSite,
  postgresIn,
  postmasterIn,
  signal,
  start,
  until,
  usedSite,
} from './site.ts';

async function alreadyWriting(url: string) {
  const alice = await registered(url, 'alice');
  const bob = await registered(url, 'bob');
  expect((await alice.send('bob', 'written before')).status).toBe(303);
  return { alice, bob };
}

/** The numbered or dated words that the inbox shows, whatever else a page looks like. */
async function inboxOf(person: Person): Promise<string[]> {
  const { status, $ } = await person.get('/inbox');
  expect(status).toBe(200);
  return (
    $('.messages .excerpt')
      .text()
      .match(/number \d+|written \w+/g) ?? []
  );
}

async function endedCleanly(program: Program, dataDir: string) {
  expect(await program.end()).toMatchObject({ code: 0, signal: null });
  await expect.poll(() => postgresIn(dataDir)).toEqual([]);
}

test('node is killed: the next start takes over the running PostgreSQL', async () => {
  const site = await usedSite();
  const first = await start(site);
  const { alice, bob } = await alreadyWriting(first.url);
  const postmaster = postmasterIn(site.DATA_DIR!);
  await first.end('SIGKILL');
  expect(postgresIn(site.DATA_DIR!)).toContain(postmaster);

  const second = await start(site);
  expect(postmasterIn(site.DATA_DIR!)).toBe(postmaster);
  expect(await inboxOf(bob)).toEqual(['written before']);
  expect((await alice.send('bob', 'written after')).status).toBe(303);
  await endedCleanly(second, site.DATA_DIR!);
});

test('the postmaster is killed during sendings: 503 briefly, then every confirmed message exists once', async () => {
  const site = await usedSite();
  const program = await start(site);
  const { alice, bob } = await alreadyWriting(program.url);
  const promised: string[] = [];
  let number = 0;
  const sendSome = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const body = `number ${number++}`;
      const answer = await alice.send('bob', body).catch(() => undefined); // the form itself may be a 503
      if (answer?.status === 303) promised.push(body);
      else if (answer) expect(answer.status).toBe(503);
    }
  };
  const sending = Promise.all([sendSome(7), sendSome(7)]);
  await until(() => promised.length >= 4);
  const killedAt = Date.now();
  signal(postmasterIn(site.DATA_DIR!), 'SIGKILL');

  // Side by side, as it may be back before both have been seen one after the other.
  const retries: number[] = [];
  await Promise.all([
    until(async () => (await fetch(`${program.url}/readyz`)).status === 503, 5000),
    until(async () => {
      const page = await bob.get('/inbox');
      if (page.status === 503) retries.push(Number(page.headers['retry-after']));
      return page.status === 503;
    }, 5000),
  ]);
  expect(retries[0]).toBeGreaterThan(0);
  expect((await fetch(`${program.url}/healthz`)).status).toBe(200);
  await until(async () => (await fetch(`${program.url}/readyz`)).status === 200, 15_000);
  expect(Date.now() - killedAt).toBeLessThan(15_000);
  await sending;
  await sendSome(2);
  expect(promised).toContain(`number ${number - 1}`);

  const there = await inboxOf(bob);
  expect(there.filter((body) => promised.includes(body)).toSorted()).toEqual(promised.toSorted());
  expect(new Set(there).size).toBe(there.length);
  expect(there).toContain('written before');
  await endedCleanly(program, site.DATA_DIR!);
});

test('a PostgreSQL connection is killed: the site recovers within seconds', async () => {
  const site = await usedSite();
  const program = await start(site);
  const { bob } = await alreadyWriting(program.url);
  const backends = postgresIn(site.DATA_DIR!).filter((pid) => commandOf(pid).includes('owner postgres'));
  signal(backends[0]!, 'SIGKILL');
  // PostgreSQL ends the others too; until it has, they still answer.
  await until(() => !postgresIn(site.DATA_DIR!).some((pid) => backends.includes(pid)));
  await until(async () => (await bob.get('/inbox')).status === 200, 5000);
  expect(await inboxOf(bob)).toEqual(['written before']);
  await endedCleanly(program, site.DATA_DIR!);
});

test('everything is killed together: the next start has all data', async () => {
  const site = await usedSite();
  const first = await start(site);
  const { bob } = await alreadyWriting(first.url);
  for (const pid of postgresIn(site.DATA_DIR!)) signal(pid, 'SIGKILL');
  await first.end('SIGKILL');

  const second = await start(site);
  expect(await inboxOf(bob)).toEqual(['written before']);
  await endedCleanly(second, site.DATA_DIR!);
});

test('PostgreSQL’s lock file names a process id now used by another process: the next start works', async () => {
  const site = await usedSite();
  const first = await start(site);
  const { bob } = await alreadyWriting(first.url);
  await endedCleanly(first, site.DATA_DIR!);
  // As after a power cut: the lock of a server that is no more; its number went to a process of the same user.
  const { uid, gid } = statSync(`${site.DATA_DIR}/postgres`);
  const other = spawn('sleep', ['60'], { uid, gid });
  const lock = `${site.DATA_DIR}/postgres/postmaster.pid`;
  writeFileSync(lock, `${other.pid}\n${site.DATA_DIR}/postgres\n`);
  chownSync(lock, uid, gid);

  const second = await start(site);
  expect(await inboxOf(bob)).toEqual(['written before']);
  await endedCleanly(second, site.DATA_DIR!);
  other.kill();
});

test('node is killed while creating the database: the next start completes it', async () => {
  const site = await newSite();
  const halfMade = () => readdirSync(site.DATA_DIR!).find((name) => name.startsWith('postgres.new-'));
  const first = await begin(site);
  await until(() => existsSync(`${site.DATA_DIR}/${halfMade()}/base`));
  await first.end('SIGKILL');
  expect(existsSync(`${site.DATA_DIR}/postgres`)).toBe(false);

  const second = await start(site);
  await alreadyWriting(second.url);
  await endedCleanly(second, site.DATA_DIR!);
  await endedCleanly(await start(site), site.DATA_DIR!);
  expect(halfMade()).toBeUndefined();
});

test('initdb is killed: one line says so, nothing is left, and the next start works', async () => {
  const dataDir = newFolder();
  const site = await newSite(dataDir);
  const first = await begin(site);
  await until(() => postgresIn(dataDir).some((pid) => commandOf(pid).includes('initdb')));
  for (const pid of postgresIn(dataDir)) signal(pid, 'SIGKILL');
  expect(await first.ended).toMatchObject({ code: 1 });
  expect(first.stderr()).toMatch(/^private-messages: Cannot create the database in [^\n]+\n$/);
  expect(readdirSync(dataDir)).toEqual([]);
  await endedCleanly(await start(site), dataDir);
});
