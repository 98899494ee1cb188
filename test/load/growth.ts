// The same jobs in databases of 100 and 10,000,000 messages: the same times, and index ranges.
import { fillCrowd, owner, personId, word } from '../support/crowd.ts';
import { hotStatements } from '../support/hot-statements.ts';
import type { Pool } from '../../src/database/pool.ts';
import { faultsOf, openPlansPool, plansOf } from '../support/plans.ts';
import { signIn } from './data.ts';
import type { Ask } from './generator.ts';
import { getAs, sendRequests } from './jobs.ts';
import { line, measure, medians, type Figures } from './measure.ts';
import type { Site } from './site.ts';
import type { Target } from './target.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 2);
const crowds = {
  small: { messages: 100, share: 1, longest: 102 },
  large: { messages: 10_000_000, share: 100, others: 10_000, longest: 102 },
};

interface Place {
  name: string;
  app: Target;
  jobs: Map<string, Ask[]>;
}

/** JOB chooses jobs by parts of their names. */
export async function measureGrowth(site: Site): Promise<void> {
  const small = await open(site, 'small');
  const large = await open(site, 'large');
  const places = [
    await place('100', small, owner),
    await place('10M, mailbox 1,000', large, personId(20)),
    await place('10M, mailbox 100,000', large, owner),
  ];
  console.log(line(['p99 ms (p50)', ...places.map(({ name }) => name)], 22));
  const wanted = [...places[0]!.jobs.keys()].filter((name) => name.includes(process.env.JOB ?? ''));
  for (const name of wanted) {
    const found = await limit(site, places, name);
    const first = found[0]!.p99;
    const cells = found.map(({ p99, p50, failed, perSecond }) =>
      perSecond === 0
        ? 'none answered'
        : `${p99.toFixed(1)} (${p50.toFixed(1)}) ×${(p99 / first).toFixed(2)}${failed ? ' FAILED' : ''}`,
    );
    console.log(line([name, ...cells], 22));
  }
  for (const [name, { pool, address }] of Object.entries({ small, large })) {
    const asApp = openPlansPool(address);
    await printPlans(name, pool, asApp);
    await asApp.end();
  }
}

async function open(site: Site, name: keyof typeof crowds) {
  const { address, isNew } = await site.database(name, { isKept: true });
  const app = await site.app(address);
  const startedAt = Date.now();
  if (isNew) await fillCrowd(address, crowds[name]);
  if (isNew) console.log(`filled in ${Math.round((Date.now() - startedAt) / 1000)} s: ${name}`);
  return { app, address, pool: site.pool(address) };
}

async function place(
  name: string,
  { app, pool }: Awaited<ReturnType<typeof open>>,
  ownerId: string,
): Promise<Place> {
  const [reader, ...others] = await signIn(pool, [
    ownerId,
    ...Array.from({ length: 15 }, (_, index) => personId(index + 21)),
  ]);
  const { rows } = await pool.query<{ id: string }>(
    `select id from messages where owner_id = $1 and box = 'inbox' and trashed_at is null
      order by id limit 1 offset 30`,
    [ownerId],
  );
  const { id } = rows[0]!;
  const pages = {
    'the inbox': '/inbox',
    'an older page': `/inbox?before=${id}`,
    'what was sent': '/sent',
    'a message': `/messages/${id}`,
    'a conversation': '/with/bob',
    'the trash': '/trash',
    'a search, common word': `/search?q=${word(1)}`,
    'a search, rarer word': `/search?q=${word(100)}`,
    'a search, rare word': `/search?q=${word(15_000)}`,
    'a search, word of long ago': '/search?q=formerly',
    "a search, others' word": '/search?q=elsewhere',
    'a search, two words': `/search?q=${word(100)}+${word(120)}`,
  };
  const jobs = new Map(Object.entries(pages).map(([job, path]) => [job, [getAs(reader!, path)]]));
  jobs.set('sending', await sendRequests(app.url, [reader!, ...others]));
  return { name, app, jobs };
}

/** Every place in each round, so that what else the machine does meets all alike. */
async function limit(site: Site, places: Place[], job: string): Promise<Figures[]> {
  const results: Figures[][] = places.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { app, jobs }] of places.entries()) {
      const figures = await measure(app, site.postmaster, jobs.get(job)!, seconds);
      if (round > 0) results[index]!.push(figures);
    }
  }
  return results.map(medians);
}

async function printPlans(name: string, pool: Pool, asApp: Pool): Promise<void> {
  // Just now more was sent within a minute than anybody may send.
  await pool.query(`update sent_forms set sent_at = sent_at - interval '1 hour'
                    where sent_at > now() - interval '2 minutes'`);
  console.log(line([`plans: ${name}`, 'custom', 'generic', 'ms']));
  for (const { name: statement, ask, reading } of await hotStatements(pool)) {
    const custom = await plansOf(asApp, ask, 'force_custom_plan');
    const generic = reading === 'search' ? [] : await plansOf(asApp, ask, 'force_generic_plan');
    const faults = [faultsOf(custom, reading), generic.length ? faultsOf(generic, reading) : []];
    const ms = custom.reduce((sum, plan) => sum + plan.ms, 0);
    const [first, second] = faults.map((found) => (found.length ? 'NO' : 'yes'));
    console.log(line([statement, first!, generic.length ? second! : 'never', ms]));
    for (const fault of new Set(faults.flat())) console.log(`  ${fault}`);
  }
}
