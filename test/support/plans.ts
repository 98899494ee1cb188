// How PostgreSQL carries out the statements that the app sends.
import type { Database, Pool } from '../../src/database/pool.ts';

export interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  'Actual Rows': number;
  Plans?: Plan[];
}

export interface Statement {
  name?: string;
  text: string;
  values: unknown[];
}

/** What a query function sends. */
export async function statementOf(ask: (db: Database) => Promise<unknown>): Promise<Statement> {
  let sent: Statement | undefined;
  const query = async (statement: Statement) => {
    sent = statement;
    return { rows: [] };
  };
  await ask({ query } as unknown as Database);
  return sent!;
}

/** All steps of its plan, carried out once: planned for these values, or for any (as a statement often repeated is). */
export async function planOf(pool: Pool, statement: Statement, mode: 'custom' | 'generic'): Promise<Plan[]> {
  const client = await pool.connect();
  try {
    await client.query(`set plan_cache_mode = force_${mode}_plan`);
    await client.query(`prepare statement as ${statement.text}`);
    const literals = statement.values.map((value) =>
      typeof value === 'number' ? value : client.escapeLiteral(String(value)),
    );
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) execute statement (${literals.join(', ')})`,
    );
    const steps = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(steps)];
    return steps(rows[0]!['QUERY PLAN'][0].Plan);
  } finally {
    client.release(true); // the setting and the prepared statement end with the connection
  }
}
