// A copy of the project with other versions of npm and Node.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { postgresIn, signal } from '../support/postgres-processes.ts';
import { projectFolder } from '../support/program.ts';

export interface Machine {
  folder: string;
  /** Runs a command in the copy, to its end. */
  run(command: string, args: string[], settings?: Record<string, string>): Promise<Ended>;
  /** Starts one. */
  spawn(command: string, args: string[], settings?: Record<string, string>): ChildProcess;
  remove(): void;
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** With these packages' programs first in its PATH, or with what this machine has. */
export async function openMachine(packages: string[]): Promise<Machine> {
  const root = mkdtempSync(join(tmpdir(), 'pm-install-'));
  chmodSync(root, 0o755); // PostgreSQL may run as another user
  const folder = join(root, 'private-messages');
  cpSync(projectFolder, folder, { recursive: true, filter: isPartOfProject });
  const tools = join(root, 'tools');
  const own = join(tools, 'node_modules/.bin');
  // Not the Node that npm put in front for these tests.
  const others = (process.env.PATH ?? '').split(':').filter((entry) => !entry.includes('node_modules'));
  const outside = environment(others.join(':'));
  const started: ChildProcess[] = [];
  const machine: Machine = {
    folder,
    spawn: (command, args, settings = {}) => {
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...environment([own, ...others].join(':')), ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true, // a process group of its own, as in a terminal
      });
      started.push(child);
      return child;
    },
    run: (command, args, settings) => ended(machine.spawn(command, args, settings)),
    remove: () => {
      for (const { pid } of started) if (pid) signal(-pid, 'SIGKILL');
      for (const pid of postgresIn(folder)) signal(pid, 'SIGKILL');
      rmSync(root, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  if (packages.length > 0) {
    cpSync(join(projectFolder, '.npmrc'), join(tools, '.npmrc'), { recursive: true });
    writeFileSync(join(tools, 'package.json'), '{}');
    const args = ['install', '--no-save', '--ignore-scripts', ...packages];
    const { code, err } = await ended(spawn('npm', args, { cwd: tools, env: outside, stdio: 'pipe' }));
    if (code !== 0) throw new Error(`npm install ${packages.join(' ')}: ${err}`);
  }
  return machine;
}

function isPartOfProject(path: string): boolean {
  return !['node_modules', '.git', '.env', 'data'].includes(relative(projectFolder, path).split('/')[0]!);
}

/** What npm needs to reach the registry, and nothing that the npm around these tests says to its children. */
function environment(PATH: string): NodeJS.ProcessEnv {
  const kept =
    /^(HOME|TMPDIR|.*_proxy|NODE_EXTRA_CA_CERTS|npm_config_(registry|cache|globalconfig|userconfig))$/i;
  const entries = Object.entries(process.env).filter(([name]) => kept.test(name));
  return { ...Object.fromEntries(entries), PATH };
}

async function ended(child: ChildProcess): Promise<Ended> {
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: await code, out, err };
}
