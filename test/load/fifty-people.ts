// Fifty people with open pages who read, write and search: what `npm start` takes with its PostgreSQL meanwhile.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { postgresIn, socketOf } from '../support/postgres-processes.ts';
import { fillMailboxes, makePeople } from './data.ts';
import { generate, type Ask } from './generator.ts';
import { getAs, loginOf, sendRequests } from './jobs.ts';
import { readForm } from './target.ts';

export interface Running {
  url: string;
  pid: number;
  dataDir: string;
}

/** The most megabytes at one moment while they work for so many seconds. */
export async function peakWithFiftyPeople(running: Running, seconds: number): Promise<number> {
  const pool = new pg.Pool(socketOf(running.dataDir));
  pool.on('error', () => {}); // it ends together with the server
  const people = await makePeople(pool, 50);
  await fillMailboxes(
    pool,
    people.map(({ id }) => id),
    100,
  );
  await pool.end();
  const closed = new AbortController();
  for (const { cookie } of people)
    await fetch(`${running.url}/events`, { headers: { cookie }, signal: closed.signal });

  const visits: Ask[] = people.flatMap((person) =>
    ['/inbox', '/inbox', '/conversations', '/with/person1', '/send', '/search?q=cake', '/account'].map(
      (path) => getAs(person, path),
    ),
  );
  const login = loginOf(await readForm(`${running.url}/login`), { username: 'person1', password: 'a guess' });
  const asks = [...visits, ...(await sendRequests(running.url, people)), ...Array<Ask>(10).fill(login)];
  let peak = 0;
  const sampling = setInterval(() => (peak = Math.max(peak, megabytesOf(running))), 200);
  const { count, failed } = await generate(running.url, asks, seconds, 8);
  clearInterval(sampling);
  closed.abort();
  if (count === 0 || failed > count / 10) throw new Error(`${failed} of ${count} requests failed.`);
  return peak;
}

/** Of the program and its PostgreSQL, as on a machine with nothing else: memory that several share counts once (proc(5)). */
export function megabytesOf({ pid, dataDir }: Running): number {
  const server = postgresIn(dataDir);
  const own = [pid, ...server].map((each) => kilobytesOf(each, 'smaps_rollup', 'Pss_Anon', 'Pss_Shmem'));
  const programs = kilobytesOf(pid, 'status', 'RssFile');
  const postgres = Math.max(...server.map((each) => kilobytesOf(each, 'status', 'RssFile')));
  return own.reduce((sum, each) => sum + each, programs + postgres) / 1024;
}

function kilobytesOf(pid: number, file: string, ...names: string[]): number {
  try {
    const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
    const values = names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]));
    return values.reduce((sum, each) => sum + each, 0);
  } catch {
    return 0; // a connection that has ended
  }
}
