// The real program on a folder of its own, and a look at the processes around it.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, onTestFinished } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { freePort, launch, ready, type LaunchOptions, type Program } from '../support/program.ts';

export const isRoot = process.getuid?.() === 0;
/** A user without rights, as whom root may start things; everybody else is that already. */
export const ordinaryUser = isRoot ? { uid: 65534, gid: 65534 } : {};

/** An empty folder that ends with the test, together with every PostgreSQL in it. */
export function newFolder(options?: FolderOptions): string {
  const { folder, remove } = keptFolder(options);
  onTestFinished(remove);
  return folder;
}

interface FolderOptions {
  mode?: number;
  uid?: number;
  gid?: number;
}

/** The same, until it is removed. */
export function keptFolder({ mode = 0o755, uid, gid }: FolderOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'pm-start-'));
  chmodSync(folder, mode);
  if (uid !== undefined) chownSync(folder, uid, gid!);
  const remove = () => {
    for (const pid of postgresIn(folder)) signal(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  return { folder, remove };
}

/** Settings for a site that keeps its port when it is started again. */
export async function newSite(dataDir = newFolder()): Promise<Record<string, string>> {
  return { ...calmSettings, DATA_DIR: dataDir, PORT: String(await freePort()) };
}

let used: ReturnType<typeof keptFolder> | undefined;
afterAll(() => used?.remove());

/** A site that has been started and ended before: its database is a copy, which is quicker than a new one. */
export async function usedSite(): Promise<Record<string, string>> {
  if (!used) {
    used = keptFolder();
    const first = await start(await newSite(used.folder));
    await first.end();
  }
  const site = await newSite();
  execFileSync('cp', ['-a', join(used.folder, 'postgres'), site.DATA_DIR!]);
  return site;
}

/** Starts the program; it ends with the test. */
export async function begin(settings: Record<string, string>, options?: LaunchOptions): Promise<Program> {
  const program = await launch(settings, options);
  onTestFinished(async () => {
    program.process.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

/** Starts the program and waits until it can serve. */
export async function start(settings: Record<string, string>, options?: LaunchOptions): Promise<Program> {
  const program = await begin(settings, options);
  await ready(program);
  return program;
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}

/** The numbers of all PostgreSQL processes, initdb included, at work below this folder. */
export function postgresIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (!/^(postgres|initdb)/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'))) return false;
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false; // ended while we looked
      }
    });
}

export function postmasterIn(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

/** Where to connect to the PostgreSQL in this folder. */
export function socketOf(dataDir: string) {
  return { host: join(dataDir, 'postgres'), user: 'owner', database: 'postgres' };
}

/** The command line of a process, or what PostgreSQL made of it. */
export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

/** All that PostgreSQL wrote into its log. */
export function postgresLog(dataDir: string): string {
  const folder = join(dataDir, 'postgres', 'log');
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}

/** Waits until the condition holds. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${String(holds)}`);
    await sleep(20);
  }
}
