// What a running backup costs the readers: the inbox in turn without one, beside `operator backup`, and beside one of low
// priority, as each night.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bytesInWords } from '../../src/in-words.ts';
import { fillCrowd, owner } from '../support/crowd.ts';
import { projectFolder } from '../support/program.ts';
import { signIn } from './data.ts';
import { generate, type Load } from './generator.ts';
import { getAs } from './jobs.ts';
import { line, median } from './measure.ts';
import type { Site } from './site.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 4);
const messages = Number(process.env.MESSAGES ?? 500_000);
const readers = 2; // connections: at full load, only the share of the cores would be seen

const ways = { without: undefined, 'operator backup': 0, 'at low priority': 19 };
type Way = keyof typeof ways;

export async function measureBackup(site: Site): Promise<void> {
  const { address, isNew } = await site.database('backup', { isKept: true });
  const app = await site.app(address);
  if (isNew) await fillCrowd(address, { messages, share: 100, others: 1000, longest: 102 });
  const pool = site.pool(address);
  const [person] = await signIn(pool, [owner]);
  const asks = [getAs(person!, '/inbox')];
  const folder = join(site.folder, 'backups');
  mkdirSync(folder, { recursive: true });

  const found: Record<Way, Load[]> = { without: [], 'operator backup': [], 'at low priority': [] };
  const taken: number[] = [];
  for (let round = 0; round <= rounds; round++)
    for (const [way, priority] of Object.entries(ways) as [Way, number | undefined][]) {
      const backup = priority === undefined ? undefined : startBackup(address, site.folder, folder, priority);
      const load = await generate(app.url, asks, seconds, readers);
      const took = await backup?.ended();
      if (round === 0) continue; // warms up
      found[way].push(load);
      if (way === 'operator backup') taken.push(took!);
    }
  const bytes = statSync(join(folder, readdirSync(folder).at(-1)!)).size;
  rmSync(folder, { recursive: true });
  console.log(`${messages} messages, ${bytesInWords(bytes)}, ${(median(taken) / 1000).toFixed(1)} s`);
  console.log(line(['GET /inbox', 'p50 ms', 'p99 ms', 'a second', '× p50', '× p99'], 16));
  for (const [way, loads] of Object.entries(found) as [Way, Load[]][]) {
    const over = (get: (load: Load) => number) => median(loads.map(get));
    const ratio = (get: (load: Load) => number) =>
      median(loads.map((load, index) => get(load) / get(found.without[index]!)));
    const each = [({ p50 }: Load) => p50, ({ p99 }: Load) => p99, (load: Load) => load.count / load.seconds];
    const cells = [
      ...each.map((get) => over(get).toFixed(1)),
      ...each.slice(0, 2).map((get) => ratio(get).toFixed(2)),
    ];
    console.log(line([way, ...cells], 16));
  }
}

/** Begun at once; a backup that ended before the readers would count as one that costs nothing. */
function startBackup(address: string, dataDir: string, folder: string, priority: number) {
  const startedAt = performance.now();
  const args = [
    '-n',
    String(priority),
    process.execPath,
    join(projectFolder, 'src/operator/run.ts'),
    'backup',
  ];
  const { PATH = '' } = process.env;
  const child = spawn('nice', [...args, '--to', folder], {
    cwd: '/',
    env: { PATH, DATABASE_URL: address, DATA_DIR: dataDir },
    stdio: 'ignore',
  });
  const closed = new Promise<number>((resolve) =>
    child.once('close', (code) => {
      if (code !== 0) throw new Error(`The backup ended with ${code}.`);
      resolve(performance.now() - startedAt);
    }),
  );
  return {
    ended: async (): Promise<number> => {
      if (child.exitCode !== null) throw new Error('The backup ended before the readers: use more MESSAGES.');
      return closed;
    },
  };
}
