// The real program in a process of its own, started as by `npm start`.
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Program {
  url: string;
  process: ChildProcess;
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null; ms: number }>;
  /** Waits for the end. */
  ended: Promise<{ code: number | null; signal: string | null }>;
}

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

// Below the ports that systems hand out themselves: a hundred for each test file that runs at the same time. A file that
// ran on into those of its neighbour took the port of a program that was just being started again.
const portsEach = 100;
const firstPort = 10_000 + ((process.pid * 8 + Number(process.env.VITEST_POOL_ID ?? 0)) % 200) * portsEach;
let portsTold = 0;

/** A port that stays free until it is used: no other test gets it, nor this one soon again. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = firstPort + (portsTold++ % portsEach);
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface LaunchOptions {
  uid?: number;
  gid?: number;
  /** The working folder. */
  cwd?: string;
  /** In a process group of its own, as in a terminal. */
  detached?: boolean;
  /** Options of Node itself. */
  nodeArgs?: string[];
  /** Another copy of the program. */
  project?: string;
  /** A command that starts it, such as one that enters a namespace. */
  prefix?: string[];
}

/** Starts the program without waiting for it. Settings are its environment. */
export async function launch(
  settings: Record<string, string>,
  { nodeArgs = [], project = projectFolder, prefix = [], ...options }: LaunchOptions = {},
): Promise<Program> {
  const port = settings.PORT ?? String(await freePort());
  const { PATH = '', HOME = '' } = process.env;
  // With a database of the test's own there is only the secret key to keep: one for all, away from anybody's real one.
  const ownData = settings.DATABASE_URL
    ? { DATA_DIR: join(tmpdir(), `pm-test-key-${process.getuid?.()}`) }
    : {};
  const [command, ...args] = [...prefix, process.execPath, ...nodeArgs, join(project, 'src/start.js')];
  const child = spawn(command, args, {
    cwd: project === projectFolder ? '/' : project, // away from the developer's .env
    env: {
      PATH,
      HOME,
      PORT: port,
      FIRST_CONTACT: 'inbox',
      NEW_PEOPLE_PER_DAY: '100000',
      ...ownData,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += String(data)));
  child.stderr.on('data', (data: Buffer) => (stderr += String(data)));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    end: async (signal = 'SIGTERM') => {
      const startedAt = performance.now();
      child.kill(signal);
      return { ...(await ended), ms: performance.now() - startedAt };
    },
  };
}

/** All that a start says where nothing is out of the ordinary, maybe after this. */
export const usualStart = (before = '') =>
  new RegExp(
    `^${before}Open \\S+\nRegistration [^\n]+\n(There is no administrator [^\n]+\n\\S+\nFor [^\n]+\n)?$`,
  );

/** Waits until the program serves. Throws with its output if it ends instead. */
export async function ready(program: Program, withinMs = 120_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (program.process.exitCode !== null) throw new Error(`The program ended: ${program.stderr()}`);
    const answer = await fetch(`${program.url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`Not ready in time: ${program.stderr()}`);
}
