// Reports the progress of a long migration.
import type pg from 'pg';
import type { Database } from './pool.ts';

export type Tell = (line: string) => void;

const firstAfterMs = 1000;
const everyMs = 5000;

/** Reports after 1 s, then every 5 s, what the connection `pid` is doing. A migration may report with `raise info`. */
export async function withProgress<T>(
  { pool, client, pid }: { pool: Database; client: pg.ClientBase; pid: number },
  title: string,
  tell: Tell,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  let isTold = false;
  let said = '';
  const listen = (notice: { severity: string | undefined; message: string | undefined }) => {
    if (notice.severity === 'INFO') said = `${notice.message}, `;
  };
  const report = async () => {
    const progress = said || (await findProgress(pool, pid).catch(() => ''));
    if (timer === undefined) return;
    tell(`private-messages: migrating the database: ${title}: ${progress}${seconds()} so far.`);
    isTold = true;
    timer = setTimeout(() => void report(), everyMs);
  };
  let timer: NodeJS.Timeout | undefined = setTimeout(() => void report(), firstAfterMs);
  client.on('notice', listen);
  try {
    const result = await work();
    if (isTold) tell(`private-messages: migrating the database: ${title}: done after ${seconds()}.`);
    return result;
  } finally {
    clearTimeout(timer);
    timer = undefined;
    client.off('notice', listen);
  }
}

async function findProgress(db: Database, pid: number): Promise<string> {
  const { rows } = await db.query<{ name: string; percent: number | null }>(
    `select relid::regclass::text as name,
       floor(100.0 * coalesce(blocks_done / nullif(blocks_total, 0)::float,
                              tuples_done / nullif(tuples_total, 0)::float)) as percent
     from pg_stat_progress_create_index where pid = $1`,
    [pid],
  );
  const [index] = rows;
  if (!index) return '';
  const percent = index.percent === null ? '' : ` ${index.percent} %,`;
  return `building an index on ${index.name},${percent} `;
}
