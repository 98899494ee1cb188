// One round of load on one program, and its cost.
import { cpuMs, residentMb } from './cpu.ts';
import { generate, type Ask } from './generator.ts';
import type { Target } from './target.ts';

export interface Figures {
  perSecond: number;
  p50: number;
  p99: number;
  /** Milliseconds of CPU a request. */
  appMs: number;
  databaseMs: number;
  /** Resident memory of the program afterwards, in MB. */
  memory: number;
  failed: number;
}

export async function measure(
  target: Target,
  postmaster: number,
  asks: Ask[],
  seconds: number,
): Promise<Figures> {
  const [app, database] = [cpuMs(target.pid), cpuMs(postmaster)];
  const { count, seconds: taken, p50, p99, failed } = await generate(target.url, asks, seconds);
  return {
    perSecond: count / taken,
    p50,
    p99,
    appMs: (cpuMs(target.pid) - app) / count,
    databaseMs: (cpuMs(postmaster) - database) / count,
    memory: residentMb(target.pid),
    failed,
  };
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The median of each figure. */
export function medians(rounds: Figures[]): Figures {
  const names = Object.keys(rounds[0]!) as (keyof Figures)[];
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as unknown as Figures;
}

/** A line of a table for people. */
export function line(cells: (string | number)[], width = 13): string {
  const [first, ...others] = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell));
  return first!.padEnd(30) + others.map((cell) => cell.padStart(width)).join('');
}
