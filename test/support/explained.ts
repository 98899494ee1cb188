// The plans by which PostgreSQL ran the statements of our own functions (its module auto_explain).
import type { Database, Pool } from '../../src/database/pool.ts';

export interface Plan {
  statement: string;
  /** Milliseconds in the database. */
  ms: number;
  steps: Step[];
}

/** One step of a plan. */
export interface Step {
  kind: string;
  table: string | undefined;
  index: string | undefined;
  /** What the index is asked. */
  condition: string | undefined;
  /** How many rows it brought each time. */
  rows: number;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Actual Rows': number;
  Plans?: Node[];
}

/** Statements with names are planned for these very values, or once for all values. */
type Mode = 'force_custom_plan' | 'force_generic_plan';

/** The plans of all that `work` asks; what it changes is taken back. */
export async function plansOf(
  pool: Pool,
  work: (db: Database) => Promise<unknown>,
  mode: Mode = 'force_custom_plan',
): Promise<Plan[]> {
  const plans: Plan[] = [];
  const client = await pool.connect();
  client.on('notice', ({ message = '' }) => {
    const [, ms, plan] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message) ?? [];
    if (!plan) return;
    const explained = JSON.parse(plan) as { 'Query Text': string; Plan: Node };
    plans.push({ statement: explained['Query Text'], ms: Number(ms), steps: stepsOf(explained.Plan) });
  });
  try {
    await client.query(`begin; load 'auto_explain'; set local auto_explain.log_min_duration = 0;
      set local auto_explain.log_analyze = on;
      set local auto_explain.log_timing = off; set local auto_explain.log_format = json; set local client_min_messages = log;
      set local plan_cache_mode = ${mode}`);
    await work(client);
  } finally {
    await client.query('rollback');
    client.release(true);
  }
  return plans;
}

function stepsOf(node: Node): Step[] {
  const step = {
    kind: node['Node Type'],
    table: node['Relation Name'],
    index: node['Index Name'],
    condition: node['Index Cond'],
    rows: node['Actual Rows'],
  };
  return [step, ...(node.Plans ?? []).flatMap(stepsOf)];
}
