// One process and two on the same database, in alternating rounds.
import { fillMailboxes, makePeople } from './data.ts';
import { getAs, sendRequests } from './jobs.ts';
import { line, measure, median, medians, type Figures } from './measure.ts';
import type { Site } from './site.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 3);

export async function measureCores(site: Site): Promise<void> {
  const { address } = await site.database('cores');
  const apps = [await site.app(address), await site.app(address, { WEB_CONCURRENCY: '2' })];
  const pool = site.pool(address);
  const people = await makePeople(pool, 2000);
  await fillMailboxes(pool, [people[0]!.id, people[1]!.id], 2000);
  await pool.query('vacuum analyze');
  const jobs = {
    'GET /inbox': [getAs(people[0]!, '/inbox')],
    'GET /login, signed out': [getAs({ cookie: '' }, '/login')],
    'POST /send': await sendRequests(apps[0]!.url, people),
  };
  console.log(line(['WEB_CONCURRENCY', '1: a second', '2: a second', 'ratio', 'p99 1', 'p99 2']));
  for (const [name, asks] of Object.entries(jobs)) {
    const found: Figures[][] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      for (const [index, app] of apps.entries()) {
        const figures = await measure(app, site.postmaster, asks, seconds);
        if (round > 0) found[index]!.push(figures);
      }
    }
    const ratio = median(found[1]!.map(({ perSecond }, index) => perSecond / found[0]![index]!.perSecond));
    const [one, two] = found.map(medians);
    const cells = [one!.perSecond.toFixed(0), two!.perSecond.toFixed(0), ratio, one!.p99, two!.p99];
    console.log(line([name, ...cells]));
  }
}
