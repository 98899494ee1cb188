// `npm run update`: the newest version is backed up for, fetched, migrated and checked, or this one stays.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { freePort, projectFolder } from '../support/program.ts';
import { available } from '../support/required.ts';
import { keptFolder, start } from './site.ts';

const identity = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};
const { PATH = '' } = process.env;

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env: { PATH, ...identity }, encoding: 'utf8' }).trim();
}

/** The program in a repository of its own, and a clone of it with a database. */
async function newClone() {
  const { folder, remove } = keptFolder();
  afterAll(remove);
  const [origin, project] = [join(folder, 'origin'), join(folder, 'site')];
  for (const part of [
    'src',
    'views',
    'public',
    'migrations',
    'package.json',
    'package-lock.json',
    '.gitignore',
  ])
    cpSync(join(projectFolder, part), join(origin, part), { recursive: true });
  git(origin, 'init', '--quiet', '--initial-branch=main');
  publish(origin, {});
  git(folder, 'clone', '--quiet', origin, project);
  symlinkSync(join(projectFolder, 'node_modules'), join(project, 'node_modules'));
  const settings = {
    ...calmSettings,
    DATABASE_URL: await createDatabase(),
    DATA_DIR: join(folder, 'data'),
    PORT: String(await freePort()),
  };
  const update = (path = PATH) => {
    const args = ['src/start.js', 'src/process/update.ts'];
    const env = { PATH: path, HOME: folder, ...settings };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: project,
      env,
      encoding: 'utf8',
    });
    return { status, lines: stdout.trim().split('\n'), stderr };
  };
  return { folder, origin, project, settings, update, head: () => git(project, 'rev-parse', 'HEAD') };
}

/** A new version with these files. */
function publish(origin: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(origin, name), text);
  git(origin, 'add', '--all');
  git(origin, 'commit', '--quiet', '--allow-empty', '--message', 'A version');
  return git(origin, 'rev-parse', 'HEAD');
}

const next =
  readdirSync(join(projectFolder, 'migrations')).filter((name) => name.endsWith('.sql')).length + 1;
const migrationAt = (index: number) => `migrations/${String(next + index).padStart(4, '0')}_test.sql`;

/** Takes back all versions after this one. */
const unpublish = (origin: string, first: string) => git(origin, 'reset', '--quiet', '--hard', first);

// In this order on one clone: each goes on from where the one before left it.
describe.skipIf(!available('git'))('npm run update', async () => {
  const { folder, origin, project, settings, update, head } = await newClone();
  const first = head();
  const backups = join(project, 'backups');

  test('without a newer version changes nothing', () => {
    expect(update()).toEqual({ status: 0, lines: ['This is the newest version.'], stderr: '' });
    expect([head(), existsSync(backups)]).toEqual([first, false]);
  });

  test('touches nothing where files were changed', () => {
    publish(origin, {});
    writeFileSync(join(project, '.gitignore'), 'mine\n');
    expect(update().stderr).toMatch(/^private-messages: Files of the program were changed here[^\n]+\n$/);
    git(project, 'commit', '--quiet', '--all', '--message', 'Mine');
    git(project, 'reset', '--quiet', '--hard', 'HEAD');
    expect(update().stderr).toMatch(/^private-messages: There are commits here[^\n]+\n$/);
    git(project, 'reset', '--quiet', '--hard', first);
    expect([head(), existsSync(backups)]).toEqual([first, false]);
  });

  test('goes back if a migration fails, even behind one that does not', () => {
    publish(origin, {
      [migrationAt(0)]: 'create table novelties (id int);',
      [migrationAt(1)]: 'select 1 / 0;',
    });
    const { status, stderr } = update();
    expect(status).toBe(1);
    expect(stderr).toBe(
      `private-messages: The new version could not migrate the database: Migration ${migrationAt(1).slice(11)} failed ` +
        'and was rolled back: division by zero. The version before stays.\n',
    );
    expect([head(), git(project, 'status', '--porcelain', '--untracked-files=no')]).toEqual([first, '']);
    unpublish(origin, first);
  });

  test('the version before starts again, and nothing is touched while it runs, unless it is the service', async () => {
    const newest = publish(origin, { 'package-lock.json': '{}' });
    const backupsBefore = readdirSync(backups);
    const program = await start(settings, { project });
    expect(update().stderr).toMatch(/^private-messages: The program is running: stop it first[^\n]+\n$/);
    expect([head(), readdirSync(backups)]).toEqual([first, backupsBefore]);

    // They note what they are asked; the program that systemctl stands for runs already.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['systemctl', 'npm']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> ${folder}/asked\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const { status, lines } = update(`${bin}:${PATH}`);
    expect([status, lines.at(-1), head()]).toEqual([0, 'It runs.', newest]);
    expect(readFileSync(join(folder, 'asked'), 'utf8').split('\n')).toEqual([
      'is-active --quiet private-messages',
      'stop private-messages',
      'ci --no-audit --no-fund',
      'start private-messages',
      '',
    ]);
    expect((await program.end()).code).toBe(0);
  });

  test('goes back if the new version does not start', () => {
    const before = head();
    publish(origin, { 'src/main.ts': 'process.exit(1);\n' });
    const { status, stderr } = update();
    expect([status, stderr]).toEqual([
      1,
      'private-messages: The new version ends at its start. The version before stays.\n',
    ]);
    expect(head()).toBe(before);
    unpublish(origin, before);
  });

  test('backs up, fetches, migrates, and tries the new version out', () => {
    const newest = publish(origin, { [migrationAt(0)]: 'create table novelties (id int);' });
    const { status, lines, stderr } = update();
    expect([status, stderr]).toEqual([0, '']);
    expect(lines).toEqual([
      expect.stringMatching(/^Backed up into .*\/backups\/private-messages-.*\.backup$/),
      'Fetched 1 changes.',
      expect.stringContaining(`schema ${migrationAt(0).slice(11, -4)}, `),
      'It was tried out: start it with npm start.',
    ]);
    expect([head(), existsSync(lines[0]!.replace('Backed up into ', ''))]).toEqual([newest, true]);
  });

  test('says how to go back once the database is migrated', () => {
    const before = head();
    const newest = publish(origin, {
      [migrationAt(1)]: 'create table more_novelties (id int);',
      'src/main.ts': 'process.exit(1);\n',
    });
    const { stderr } = update();
    expect(stderr).toContain(`To go back: git reset --hard ${before.slice(0, 12)} && npm ci, and restore `);
    expect(head()).toBe(newest);
  });
});
