// What METRICS=on costs: the inbox with and without it, in alternating rounds of one run.
import { freePort } from '../support/program.ts';
import { fillMailboxes, makePeople } from './data.ts';
import { getAs } from './jobs.ts';
import { line, measure, median, type Figures } from './measure.ts';
import type { Site } from './site.ts';

const rounds = Number(process.env.ROUNDS ?? 8);
const seconds = Number(process.env.SECONDS ?? 3);

export async function measureMetrics(site: Site): Promise<void> {
  const { address } = await site.database('metrics');
  const apps = {
    off: await site.app(address),
    on: await site.app(address, { METRICS: 'on', METRICS_PORT: String(await freePort()) }),
  };
  const pool = site.pool(address);
  const people = await makePeople(pool, 10);
  await fillMailboxes(pool, [people[0]!.id, people[1]!.id], 2000);
  await pool.query('vacuum analyze');
  const found: Record<keyof typeof apps, Figures[]> = { off: [], on: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const which of round % 2 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
      const figures = await measure(apps[which], site.postmaster, [getAs(people[0]!, '/inbox')], seconds);
      if (round > 0) found[which].push(figures); // the first round warms up
    }
  }
  const ofPart = (part: 'appMs' | 'memory') => {
    const ratios = found.on.map((figures, index) => figures[part] / found.off[index]![part]);
    const [off, on] = [found.off, found.on].map((each) => median(each.map((figures) => figures[part])));
    return [off!.toFixed(3), on!.toFixed(3), median(ratios).toFixed(3), `${Math.min(...ratios).toFixed(3)}…`];
  };
  console.log(line(['GET /inbox', 'off', 'on', 'median ratio', 'least']));
  console.log(line(['CPU app ms', ...ofPart('appMs')]));
  console.log(line(['MB', ...ofPart('memory')]));
}
