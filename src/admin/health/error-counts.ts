// Counts what this process logs as an error, by the hour, for the page about the site's health.
import type { Database, Pool } from '../../database/pool.ts';
import type { Log } from '../../web/log.ts';

const everyMs = 60_000;
const keptFor = '2 days';

export interface ErrorCounter {
  close(): Promise<void>;
}

/** Writes once a minute, and only if there were any. What cannot be written is written with the next. */
export function countErrors(pool: Pool, log: Log, every = everyMs): ErrorCounter {
  let waiting = 0;
  for (const level of ['error', 'fatal'] as const) {
    const write = log[level];
    Object.assign(log, {
      [level]: (...words: unknown[]) => {
        waiting += 1;
        Reflect.apply(write, log, words);
      },
    });
  }
  const flush = async (): Promise<void> => {
    const count = waiting;
    if (count === 0) return;
    waiting = 0;
    await addErrors(pool, count).catch(() => (waiting += count));
  };
  const timer = setInterval(() => void flush(), every).unref();
  return {
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}

async function addErrors(db: Database, count: number): Promise<void> {
  await db.query(
    `insert into error_counts (hour, errors) values (date_trunc('hour', now(), 'UTC'), $1)
     on conflict (hour) do update set errors = error_counts.errors + excluded.errors`,
    [count],
  );
  await db.query(`delete from error_counts where hour < now() - $1::interval`, [keptFor]);
}

/** Of the last 24 hours, up to a minute ago. */
export async function countRecentErrors(db: Database): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select coalesce(sum(errors), 0)::int as count from error_counts where hour > now() - interval '24 hours'`,
  );
  return rows[0]!.count;
}
