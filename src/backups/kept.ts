// Which backups are kept: the newest of each of the last days, weeks and months that have one.
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Backup } from './write.ts';

export interface Keep {
  days: number;
  weeks: number;
  months: number;
}

const pattern = /^private-messages-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup(\.age)?$/;
const dayMs = 24 * 60 * 60 * 1000;

export interface NamedBackup {
  name: string;
  madeAt: number; // milliseconds since 1970
}

/** Oldest first; other files are none of ours. */
export async function listBackups(folder: string): Promise<NamedBackup[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, year, month, day, hour, minute, second] = (pattern.exec(name) ?? []).map(Number);
      return year === undefined
        ? []
        : [{ name, madeAt: Date.UTC(year, month! - 1, day, hour, minute, second) }];
    })
    .toSorted((a, b) => a.madeAt - b.madeAt || a.name.localeCompare(b.name));
}

/** Those that may go. After the clock was wrong, backups from the future are left alone, and do not count. */
export function listSurplus(
  backups: NamedBackup[],
  { days, weeks, months }: Keep,
  now: number,
): NamedBackup[] {
  const past = backups.filter(({ madeAt }) => madeAt <= now + dayMs).toReversed();
  const day = (at: number) => Math.floor(at / dayMs);
  const kept = new Set([
    ...newestOfEach(past, days, day),
    ...newestOfEach(past, weeks, (at) => Math.floor((day(at) + 3) / 7)), // 1970 began on a Thursday
    ...newestOfEach(past, months, (at) => new Date(at).toISOString().slice(0, 7)),
  ]);
  return past.filter((backup) => !kept.has(backup));
}

function newestOfEach(
  newestFirst: NamedBackup[],
  count: number,
  periodOf: (at: number) => number | string,
): NamedBackup[] {
  const periods = new Map<number | string, NamedBackup>();
  for (const backup of newestFirst)
    if (!periods.has(periodOf(backup.madeAt))) periods.set(periodOf(backup.madeAt), backup);
  return [...periods.values()].slice(0, count);
}

/** Never the one just made. */
export async function removeSurplus(folder: string, keep: Keep, made: Backup): Promise<void> {
  const surplus = listSurplus(await listBackups(folder), keep, made.madeAt.getTime());
  for (const { name } of surplus)
    if (name !== basename(made.file)) await rm(join(folder, name), { force: true });
}
