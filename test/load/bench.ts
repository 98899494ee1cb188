// `npm run bench`: what the product costs beside the floor, in alternating rounds within one run.
// JOB=inbox runs one job alone; ROUNDS and SECONDS set how often and how long.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createPasswords } from '../../src/accounts/passwords.ts';
import { createAccount } from '../../src/accounts/queries.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded.ts';
import { residentMb } from './cpu.ts';
import { fillMailboxes, makePeople } from './data.ts';
import { makeJobs, type Job } from './jobs.ts';
import { rushToLogin } from './login-rush.ts';
import { measure, median, type Figures } from './measure.ts';
import { launchTarget, record, type Target } from './target.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 3);
const member = { username: 'member', password: 'a password for the bench' };

const folder = mkdtempSync(join(tmpdir(), 'pm-bench-'));
const targets: Target[] = [];
const postgres = await startEmbeddedPostgres(join(folder, 'data'), console.error);
const pool = new pg.Pool({ connectionString: postgres.connectionString });
try {
  await run();
} finally {
  await Promise.all(targets.map((target) => target.end()));
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const limits = {
    SENDS_PER_MINUTE: '1000000',
    LOGINS_PER_MINUTE: '1000000',
    MAILBOX_MESSAGES: '1000000',
  };
  const app = await launchTarget('src/start.js', { DATABASE_URL: postgres.connectionString, ...limits });
  targets.push(app);
  const atRest = residentMb(app.pid);

  const people = await makePeople(pool, 500);
  const [reader, other] = people.map(({ id }) => id);
  await createAccount(
    pool,
    member.username,
    await createPasswords({ memoryKib: 19_456, passes: 2 }).hash(member.password),
  );
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
  const floor = await launchTarget('test/load/floor.ts', {
    FLOOR_DATABASE: postgres.connectionString,
    FLOOR_PAGES: JSON.stringify(pages),
    FLOOR_MESSAGE: rows[0]!.id,
  });
  targets.push(floor);

  const jobs = await makeJobs(app.url, people, messagePath, member);
  const wanted = jobs.filter(({ name }) => name.includes(process.env.JOB ?? ''));
  for (const job of wanted) print(job, await compare(job, app, floor));
  if (!process.env.JOB) console.log(await rushToLogin(app, people[0]!.cookie, member));
  console.log(`memory of the app: ${atRest.toFixed(0)} MB at rest, ${residentMb(app.pid).toFixed(0)} MB now`);
}

interface Results {
  app: Figures[];
  floor: Figures[];
}

/** The product and the floor in turn, the one that goes first changing from round to round. */
async function compare(job: Job, app: Target, floor: Target): Promise<Results> {
  const pidFile = readFileSync(join(folder, 'data/postgres/postmaster.pid'), 'utf8');
  const postmaster = Number(pidFile.split('\n', 1)[0]);
  const results: Results = { app: [], floor: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const who of round % 2 ? (['app', 'floor'] as const) : (['floor', 'app'] as const)) {
      if (who === 'floor' && !job.hasFloor) continue;
      const figures = await measure(who === 'app' ? app : floor, postmaster, job, seconds);
      if (round > 0) results[who].push(figures); // the first round warms up
    }
  }
  return results;
}

function print(job: Job, results: Results): void {
  for (const who of ['app', 'floor'] as const) {
    if (results[who].length === 0) continue;
    const of = (field: keyof Figures) => median(results[who].map((each) => each[field]));
    const figures = [
      `${of('perSecond').toFixed(0)}/s`.padStart(8),
      `p50 ${of('p50')} ms`.padStart(12),
      `p99 ${of('p99')} ms`.padStart(12),
      `app ${of('appMs').toFixed(3)} ms`.padStart(14),
      `database ${of('databaseMs').toFixed(3)} ms`.padStart(19),
    ];
    const failed = of('failed') > 0 ? `  ${of('failed')} FAILED` : '';
    console.log(job.name.padEnd(24), who.padEnd(6), ...figures, failed);
  }
  if (results.floor.length === 0) return;
  const ratios = results.app.map((each, index) => total(each) / total(results.floor[index]!));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  console.log(
    ' '.repeat(25),
    `CPU of app and database: ${median(ratios).toFixed(2)} × the floor (${least} to ${most})`,
  );
}

function total({ appMs, databaseMs }: Figures): number {
  return appMs + databaseMs;
}
