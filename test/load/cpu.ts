// CPU time of processes, from proc(5).
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ is 100 on every Linux that Node supports

interface Stat {
  parent: number;
  /** Milliseconds of CPU of the process and of its children that have ended. */
  ms: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = fields[11]! + fields[12]! + fields[13]! + fields[14]!;
    return { parent: fields[1]!, ms: (ticks * 1000) / ticksPerSecond };
  } catch {
    return undefined; // it ended meanwhile; its parent has its time
  }
}

/** The process and all that descend from it. */
function familyOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = pid > 0 ? readStat(pid) : undefined;
    if (stat) parents.set(pid, stat.parent);
  }
  const family = [root];
  for (const member of family) for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  return family;
}

/** Milliseconds of CPU that a process and all its descendants have used so far. */
export function cpuMs(root: number): number {
  return familyOf(root).reduce((sum, pid) => sum + (readStat(pid)?.ms ?? 0), 0);
}

/** Resident memory of a process and its descendants, in megabytes. */
export function residentMb(root: number): number {
  const kb = familyOf(root).map((pid) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kb.reduce((sum, each) => sum + each, 0) / 1024;
}
