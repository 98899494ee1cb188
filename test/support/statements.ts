// Records the statements of an app.
import type pg from 'pg';
import type { Pool } from '../../src/database/pool.ts';

interface Asked {
  name?: string;
  text: string;
  values?: unknown[];
}

/** Tells every statement on any connection of this pool when it is asked; returns what ends it. */
export function watchStatements(pool: Pool, tell: (asked: Asked) => void): () => void {
  const clients = new Set<pg.PoolClient>();
  const watch = (client: pg.PoolClient) => {
    if (clients.has(client)) return;
    clients.add(client);
    const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
    const watching = (...asked: [string | Asked, ...unknown[]]) => {
      tell(typeof asked[0] === 'string' ? { text: asked[0] } : asked[0]);
      return query(...asked);
    };
    Object.assign(client, { query: watching });
  };
  pool.on('acquire', watch);
  return () => {
    pool.off('acquire', watch);
    for (const client of clients) Reflect.deleteProperty(client, 'query'); // the class's own is there again
  };
}

// The notifier (live/notifier.ts) tells in its own time, and of what happened before.
const isOfTheBell = /\bpg_notify\b/;

/** The texts of all statements that `work` causes, in their order. */
export async function statementsOf(pool: Pool, work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const end = watchStatements(pool, ({ text }) => {
    if (!isOfTheBell.test(text)) texts.push(text);
  });
  try {
    await work();
  } finally {
    end();
  }
  return texts;
}
