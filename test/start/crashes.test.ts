// After kill -9 of any process the site recovers, and no confirmed change is lost.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registered, type Person } from '../support/person.ts';
import type { Program } from '../support/program.ts';
import {
  begin,
  commandOf,
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
      .match(/number \d+|written (?:before|after)/g) ?? []
  );
}

async function endedCleanly(program: Program, dataDir: string) {
  expect(await program.end()).toMatchObject({ code: 0, signal: null });
  await expect.poll(() => postgresIn(dataDir)).toEqual([]);
}

test('the postmaster, and then one of its connections, is killed: 503 briefly, and every confirmed message exists once', async () => {
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

  const backends = postgresIn(site.DATA_DIR!).filter((pid) => commandOf(pid).includes('owner postgres'));
  signal(backends[0]!, 'SIGKILL');
  // PostgreSQL ends the others too; until it has, they still answer.
  await until(() => !postgresIn(site.DATA_DIR!).some((pid) => backends.includes(pid)));
  await until(async () => (await bob.get('/inbox')).status === 200, 5000);
  expect(await inboxOf(bob)).toEqual(there);
  await endedCleanly(program, site.DATA_DIR!);
});

test('node is killed, and then everything together: the next start takes over PostgreSQL, or starts it with all data', async () => {
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
  for (const pid of postgresIn(site.DATA_DIR!)) signal(pid, 'SIGKILL');
  await second.end('SIGKILL');

  const third = await start(site);
  expect(await inboxOf(bob)).toEqual(['written after', 'written before']);
  await endedCleanly(third, site.DATA_DIR!);
});

test('initdb is killed, and then node while it creates the database: one line, nothing is left, and the next start completes it', async () => {
  const site = await newSite();
  const dataDir = site.DATA_DIR!;
  const first = await begin(site);
  await until(() => postgresIn(dataDir).some((pid) => commandOf(pid).includes('initdb')));
  for (const pid of postgresIn(dataDir)) signal(pid, 'SIGKILL');
  expect(await first.ended).toMatchObject({ code: 1 });
  expect(first.stderr()).toMatch(/^private-messages: Cannot create the database in [^\n]+\n$/);
  expect(readdirSync(dataDir)).toEqual([]);

  const halfMade = () => readdirSync(dataDir).find((name) => name.startsWith('postgres.new-'));
  const second = await begin(site);
  await until(() => existsSync(`${dataDir}/${halfMade()}/base`));
  await second.end('SIGKILL');
  expect(existsSync(`${dataDir}/postgres`)).toBe(false);

  const third = await start(site);
  const { bob } = await alreadyWriting(third.url);
  await endedCleanly(third, dataDir);

  // As after a power cut: the lock of a server that is no more; its number went to a process of the same user.
  const { uid, gid } = statSync(`${dataDir}/postgres`);
  const other = spawn('sleep', ['60'], { uid, gid });
  const lock = `${dataDir}/postgres/postmaster.pid`;
  writeFileSync(lock, `${other.pid}\n${dataDir}/postgres\n`);
  chownSync(lock, uid, gid);

  const fourth = await start(site);
  expect(halfMade()).toBeUndefined();
  expect(await inboxOf(bob)).toEqual(['written before']);
  await endedCleanly(fourth, dataDir);
  other.kill();
});
