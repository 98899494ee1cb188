// The processes of a PostgreSQL below a folder: lists and kills them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** The command line of a process, or what PostgreSQL made of it; nothing when it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
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
