// The resident memory of a process.
import { execFileSync } from 'node:child_process';

/** Its resident set in kB, as `ps` has it on every system. */
export function residentKb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]));
}
