// Resident memory of one process: idle, and over a million requests of every kind.
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from './cpu.ts';
import { fillMailboxes, makePeople } from './data.ts';
import { generate, type Ask } from './generator.ts';
import { getAs, sendRequests } from './jobs.ts';
import type { Site } from './site.ts';

const requests = Number(process.env.REQUESTS ?? 1_000_000);
const samples = 10;

export async function measureMemory(site: Site): Promise<void> {
  const { address } = await site.database('memory');
  const app = await site.app(address);
  await sleep(5000);
  console.log(`at rest: ${residentMb(app.pid).toFixed(0)} MB`);

  const pool = site.pool(address);
  const people = await makePeople(pool, 200);
  await fillMailboxes(pool, [people[0]!.id, people[1]!.id], 2000);
  const { rows } = await pool.query<{ id: string }>(
    `select id from messages where owner_id = $1 order by id desc limit 20`,
    [people[0]!.id],
  );
  const reader = people[0]!;
  const paths = ['/inbox', '/inbox', '/sent', '/drafts', '/trash', '/send', '/search?q=cake', '/account'];
  const pages = [...paths, '/with/person1', '/nothing-here', ...rows.map(({ id }) => `/messages/${id}`)];
  const visits: Ask[] = [...pages.map((path) => getAs(reader, path)), getAs({ cookie: '' }, '/login')];
  const sends = await sendRequests(app.url, people.slice(0, 2));

  const sizes: number[] = [];
  let done = 0;
  for (let sample = 0; sample <= samples; sample++) {
    const until = ((sample + 1) * requests) / samples;
    while (done < until) done += (await generate(app.url, [...visits, ...sends], 5)).count;
    sizes.push(residentMb(app.pid));
    console.log(`${done.toLocaleString('en')} requests: ${sizes.at(-1)!.toFixed(0)} MB`);
  }
  // The first tenth warms up.
  const slope = slopeOf(sizes.slice(1)) * samples;
  console.log(`${slope.toFixed(1)} MB more for every ${requests.toLocaleString('en')} requests`);
  await sleep(10_000);
  console.log(`at rest again: ${residentMb(app.pid).toFixed(0)} MB`);
}

/** Of the straight line nearest to these values (least squares), for one step. */
function slopeOf(values: number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const upper = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  return upper / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
}
