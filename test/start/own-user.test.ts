// Started as root: the program and its PostgreSQL run as a user of their own, with private files.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccount } from '../../src/system-user.ts';
import { imported } from '../transfers/imports/importing.ts';
import { runOperator } from '../operator/command.ts';
import { at, registered } from '../support/person.ts';
import { freePort, projectFolder, usualStart, type LaunchOptions, type Program } from '../support/program.ts';
import { isRoot, newFolder, newSite, postmasterIn, start, until, usedSite, workersOf } from './site.ts';

const nobody = findAccount('nobody')!;
const others = [nobody, findAccount('postgres')].filter((account) => account !== undefined);
/** Below a closed folder there is no such user (first-start.test.ts). */
const isReachable =
  isRoot &&
  spawnSync('test', ['-r', join(projectFolder, 'src/main.ts')], { ...nobody, cwd: '/' }).status === 0;
const asRoot = test.runIf(isReachable);

/** A process's user and group ids (real, effective, saved, file system), groups and capabilities, from /proc. */
function rightsOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [uid, gid, groups, capabilities] = ['Uid', 'Gid', 'Groups', 'CapEff'].map((name) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(status)![1]!.trim().split(/\s+/).filter(Boolean).map(Number),
  );
  return { uid, gid, groups, capabilities };
}

function ownRights() {
  const { uid, gid } = findAccount('private-messages')!;
  return { uid: Array(4).fill(uid), gid: Array(4).fill(gid), groups: [], capabilities: [0] };
}

/** What a program of another user gets from the folder, its files and the socket in it. */
function tryAs(account: { uid: number; gid: number }, dataDir: string): string[] {
  const script = `
    const { readdirSync, readFileSync } = require('node:fs');
    const tell = (work) => { try { work(); return 'worked'; } catch (error) { return error.code; } };
    const said = [() => readdirSync('postgres'), () => readFileSync('postgres/PG_VERSION'), () => readFileSync('secret.key'),
      () => readdirSync('uploads')].map(tell);
    require('node:net').connect('postgres/.s.PGSQL.5432')
      .on('connect', () => { console.log([...said, 'worked'].join()); process.exit(); })
      .on('error', (error) => console.log([...said, error.code].join()));`;
  return execFileSync(process.execPath, ['-e', script], { ...account, cwd: dataDir, encoding: 'utf8' })
    .trim()
    .split(',');
}

asRoot('both run as a user of their own, and no other user reads anything', async () => {
  const site = await newSite();
  const program = await start(site);
  const alice = await registered(program.url, 'alice');
  expect(rightsOf(program.process.pid!)).toEqual(ownRights());
  expect(rightsOf(postmasterIn(site.DATA_DIR!))).toEqual(ownRights());
  for (const other of others)
    expect(tryAs(other, site.DATA_DIR!)).toEqual(['EACCES', 'EACCES', 'EACCES', 'EACCES', 'EACCES']);

  // What needs files afterwards: an import is kept on the disk, and read by a thread with sources of its own.
  const mail = 'From: bob@example.org\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nSubject: Tea\n\nAt five.\n';
  expect(await imported(alice, mail)).toContain('1 message');
  expect((await alice.get('/assets/app.css')).status).toBe(200);
  expect(await runOperator(site, ['users', 'list', '--json'])).toMatchObject({ code: 0, err: '' });
  expect((await program.end()).code).toBe(0);
  expect(program.stderr()).toMatch(usualStart());

  // A new key, a database that an earlier version gave to another service's user, and a port that only root can bind.
  expect((await runOperator(site, ['rotate-secret'])).code).toBe(0);
  const database = join(site.DATA_DIR!, 'postgres');
  execFileSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, database]);
  const again = await startBelow1024(site);
  expect(statSync(database).uid).toBe(ownRights().uid[0]);
  for (const pid of [again.process.pid!, postmasterIn(site.DATA_DIR!)])
    expect(rightsOf(pid)).toEqual(ownRights());
  expect((await at(again.url, alice).get('/inbox')).status).toBe(200);
  expect((await again.end()).code).toBe(0);
});

/** Starts at the first port below 1024 that is free. */
async function startBelow1024(site: Record<string, string>, options?: LaunchOptions): Promise<Program> {
  for (let port = 600 + (process.pid % 400); port < 1023; port += 1) {
    const program = await start({ ...site, PORT: String(port) }, options).catch((error: Error) => error);
    if (!(program instanceof Error)) return program;
    if (!program.message.includes('already in use')) throw program;
  }
  throw new Error('All ports are in use.');
}

asRoot(
  'so do several processes, with a .env and a port that root alone can use, and who replaces one',
  async () => {
    const cwd = newFolder();
    writeFileSync(join(cwd, '.env'), 'WEB_CONCURRENCY=2\n', { mode: 0o600 });
    const program = await startBelow1024({ ...(await usedSite()), LOG_LEVEL: 'info' }, { cwd });
    const workers = () => workersOf(program);
    const areOwn = () =>
      [program.process.pid!, ...workers()].every(
        (pid) => JSON.stringify(rightsOf(pid)) === JSON.stringify(ownRights()),
      );
    const hasListened = (times: number) => program.stdout().split('"msg":"listening"').length > times;
    await until(() => hasListened(2) && areOwn(), 20_000);
    const [first] = workers();
    process.kill(first!, 'SIGKILL');
    await until(() => hasListened(3) && !workers().includes(first!) && areOwn(), 20_000);
    await registered(program.url, 'alice');
    expect(program.stderr()).not.toContain('.env');

    // With all processes the port is lost.
    for (const pid of workers()) process.kill(pid, 'SIGKILL');
    await once(program.process, 'exit');
    expect(program.process.exitCode).toBe(1);
    expect(program.stderr()).toContain('only a new start can bind port');
  },
);

asRoot('whose folder it is, as that user it goes on', async () => {
  const them = { uid: 1, gid: 1 };
  const site = await newSite();
  execFileSync('chown', [`${them.uid}:${them.gid}`, site.DATA_DIR!]);
  const program = await start(site);
  expect(rightsOf(program.process.pid!)).toMatchObject({ uid: [1, 1, 1, 1], groups: [] });
  expect((await program.end()).code).toBe(0);
  const theirs = await start({ ...site, PORT: String(await freePort()) }, them);
  expect((await theirs.end()).code).toBe(0);
});
