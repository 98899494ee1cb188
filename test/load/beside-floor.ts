// The cost of the product compared with the floor, in alternating rounds of one run.
import { createHasher } from '../../src/accounts/passwords.ts';
import { createAccount } from '../../src/accounts/queries.ts';
import { fillMailboxes, makeKnown, makePeople } from './data.ts';
import { generator } from './generator.ts';
import { knownTo, makeJobs, type Job } from './jobs.ts';
import { rushToLogin } from './login-rush.ts';
import { line, measure, median, medians, type Figures } from './measure.ts';
import type { Site } from './site.ts';
import { record, type Target } from './target.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 3);
const member = { username: 'member', password: 'a password for the bench' };

/** Every job, or those with this in their names; then five hundred logins at once. */
export async function measureJobs(site: Site, part = process.env.JOB ?? ''): Promise<void> {
  const { app, floor, jobs, cookie } = await prepare(site);
  console.log(
    line([`with ${generator}`, '', 'a second', 'p50 ms', 'p99 ms', 'CPU app ms', 'CPU db ms', 'MB']),
  );
  for (const job of jobs.filter(({ name }) => name.includes(part)))
    print(job, await compare(site, job, app, floor));
  if ('logins'.includes(part)) console.log(await rushToLogin(app, cookie, member));
}

async function prepare(site: Site) {
  const { address } = await site.database('jobs');
  const app = await site.app(address);
  const pool = site.pool(address);
  const people = await makePeople(pool, 5000); // so many that each sends as few messages in a minute as people do
  await makeKnown(
    pool,
    people.map((from, index) => ({ from, to: knownTo(people, index) })).filter(({ from, to }) => from !== to),
  );
  const [reader, other] = people.map(({ id }) => id);
  const hasher = createHasher({ memoryKib: 19_456, passes: 2 });
  await createAccount(pool, (name) => Buffer.from(name), member.username, await hasher.hash(member.password));
  await fillMailboxes(pool, [reader!, other!], 2000);
  await pool.query('vacuum analyze');
  const newest = 'select id from messages where owner_id = $1 order by id desc limit 1';
  const { rows } = await pool.query<{ id: string }>(newest, [reader]);
  const messagePath = `/messages/${rows[0]!.id}`;

  const { cookie } = people[0]!;
  const pages = {
    '/inbox': await record(`${app.url}/inbox`, cookie),
    '/message': await record(app.url + messagePath, cookie),
    '/login': await record(`${app.url}/login`),
  };
  const floor = await site.program('test/load/floor.ts', {
    FLOOR_DATABASE: address,
    FLOOR_PAGES: JSON.stringify(pages),
    FLOOR_MESSAGE: rows[0]!.id,
  });
  return { app, floor, jobs: await makeJobs(app.url, people, messagePath, member), cookie };
}

interface Results {
  app: Figures[];
  floor: Figures[];
}

/** The product and the floor in turn, the one that goes first changing from round to round. */
async function compare(site: Site, job: Job, app: Target, floor: Target): Promise<Results> {
  const results: Results = { app: [], floor: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const who of round % 2 ? (['app', 'floor'] as const) : (['floor', 'app'] as const)) {
      if (who === 'floor' && !job.hasFloor) continue;
      const figures = await measure(who === 'app' ? app : floor, site.postmaster, job.asks, seconds);
      if (round > 0) results[who].push(figures); // the first round warms up
    }
  }
  return results;
}

function print(job: Job, results: Results): void {
  for (const who of ['app', 'floor'] as const) {
    if (results[who].length === 0) continue;
    const { perSecond, p50, p99, appMs, databaseMs, memory, failed } = medians(results[who]);
    const cells = [
      perSecond.toFixed(0),
      p50,
      p99,
      appMs.toFixed(3),
      databaseMs.toFixed(3),
      memory.toFixed(0),
    ];
    console.log(line([job.name, who, ...cells]) + (failed > 0 ? `  ${failed} FAILED` : ''));
  }
  if (results.floor.length === 0) return;
  const ratios = results.app.map((each, index) => total(each) / total(results.floor[index]!));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  console.log(`${' '.repeat(30)}CPU: ${median(ratios).toFixed(2)} × the floor (${least} to ${most})`);
}

function total({ appMs, databaseMs }: Figures): number {
  return appMs + databaseMs;
}
