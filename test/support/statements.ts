// Watches what an app asks PostgreSQL.
import type { Pool } from '../../src/database/pool.ts';

// The bell (live/bell.ts) tells in its own time, and of what happened before.
const isOfTheBell = /\bpg_notify\b/;

/** The texts of all statements that `work` causes, in their order. */
export async function statementsOf(pool: Pool, work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const query = pool.query.bind(pool) as (...asked: unknown[]) => unknown;
  const watching = (...asked: unknown[]) => {
    const [first] = asked as [string | { text: string }];
    const text = typeof first === 'string' ? first : first.text;
    if (!isOfTheBell.test(text)) texts.push(text);
    return query(...asked);
  };
  Object.assign(pool, { query: watching });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(pool, 'query'); // the class's own is there again
  }
  return texts;
}
