// The time from `npm start` to the first answer, with an existing database: the median of ten.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, projectFolder } from '../support/program.ts';
import { line, median } from './measure.ts';
import type { Site } from './site.ts';

const starts = 10;

export async function measureStarts(site: Site): Promise<void> {
  const { address } = await site.database('starts');
  const folder = mkdtempSync(join(tmpdir(), 'pm-starts-'));
  console.log(line(['npm start until the first answer', 'median', 'least', 'most']));
  try {
    await print('DATABASE_URL', { DATABASE_URL: address, DATA_DIR: folder });
    await print('its own PostgreSQL', { DATA_DIR: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function print(name: string, settings: Record<string, string>): Promise<void> {
  await start(settings); // makes the database
  const times: number[] = [];
  for (let count = 0; count < starts; count++) times.push(await start(settings));
  console.log(line([name, median(times), Math.min(...times), Math.max(...times)].map(inSeconds)));
}

function inSeconds(value: string | number): string {
  return typeof value === 'number' ? `${(value / 1000).toFixed(2)} s` : value;
}

/** Starts and ends it; returns the milliseconds until the first answer. */
async function start(settings: Record<string, string>): Promise<number> {
  const port = String(await freePort());
  const { PATH = '', HOME = '' } = process.env;
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: projectFolder,
    env: { PATH, HOME, PORT: port, ...settings },
    stdio: 'ignore',
    detached: true, // a process group of its own, which ends as with Ctrl-C
  });
  const ended = once(npm, 'close');
  while (!(await answers(`http://127.0.0.1:${port}/login`))) {
    if (performance.now() - startedAt > 30_000) throw new Error('npm start does not answer.');
    await sleep(5);
  }
  const ms = performance.now() - startedAt;
  process.kill(-npm.pid!, 'SIGINT');
  await ended;
  return ms;
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
}
