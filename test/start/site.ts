// The real program on a folder of its own, and its processes.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { postgresIn, signal } from '../support/postgres-processes.ts';
import { freePort, launch, ready, type LaunchOptions, type Program } from '../support/program.ts';

export {
  commandOf,
  postgresIn,
  postgresLog,
  postmasterIn,
  signal,
  socketOf,
  until,
} from '../support/postgres-processes.ts';

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

let used: Promise<string> | undefined;

/** A site that has been started and ended before: its data is a copy, which is quicker than a new one. */
export async function usedSite(): Promise<Record<string, string>> {
  const folder = await (used ??= useSite());
  const site = await newSite();
  const parts = ['postgres', 'secret.key'].map((part) => join(folder, part));
  execFileSync('cp', ['-a', ...parts, site.DATA_DIR!]);
  return site;
}

/** Where it is kept for all test files of this process. */
async function useSite(): Promise<string> {
  const folder = mkdtempSync(join(inject('dataDir'), 'used-'));
  chmodSync(folder, 0o755);
  const first = await start(await newSite(folder));
  await first.end();
  return folder;
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

/** The processes that answer, which Linux lists as children of the first one. */
export function workersOf(program: Program): number[] {
  const pid = program.process.pid!;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).map(Number);
}
