// The plans of our statements (auto_explain), and what is wrong with them.
import type pg from 'pg';
import { createPool, type Database, type Pool } from '../../src/database/pool.ts';

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
  /** How many rows it brought each time, and how often it was done. */
  rows: number;
  times: number;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Node[];
}

/**
 * Connections that work as the program's role, with row-level security, and can go back to the owner: plans are shown to
 * nobody else.
 */
export function openPlansPool(databaseUrl: string): Pool {
  return createPool(databaseUrl, () => {}, { name: 'private_messages_owner', searchPath: 'public' });
}

/** Statements with names are planned for these very values, or once for all values. */
type Mode = 'force_custom_plan' | 'force_generic_plan' | 'auto';

/** The plans of all that `work` asks; what it changes is taken back. */
export async function plansOf(
  pool: Pool,
  work: (db: Database) => Promise<unknown>,
  mode: Mode = 'force_custom_plan',
): Promise<Plan[]> {
  const client = await pool.connect();
  try {
    return await plansOn(client, work, mode);
  } finally {
    client.release(true);
  }
}

/** The same on this connection, with what it has prepared before. */
export async function plansOn(
  client: pg.PoolClient,
  work: (db: Database) => Promise<unknown>,
  mode: Mode,
): Promise<Plan[]> {
  const plans: Plan[] = [];
  const note = ({ message = '' }: { message?: string | undefined }) => {
    const [, ms, plan] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message) ?? [];
    if (!plan || plan.includes(`set_config('app.owner_id'`)) return;
    const explained = JSON.parse(plan) as { 'Query Text': string; Plan: Node };
    plans.push({ statement: explained['Query Text'], ms: Number(ms), steps: stepsOf(explained.Plan) });
  };
  client.on('notice', note);
  try {
    const { rows } = await client.query<{ role: string }>('select current_user as role');
    await client.query(`begin; set local role none; load 'auto_explain'; set local auto_explain.log_min_duration = 0;
      set local auto_explain.log_analyze = on; set local statement_timeout = '60s';
      set local auto_explain.log_timing = off; set local auto_explain.log_format = json; set local client_min_messages = log;
      set local plan_cache_mode = ${mode}; set local role ${rows[0]!.role}`);
    await work(client);
  } finally {
    await client.query('rollback');
    client.off('notice', note);
  }
  return plans;
}

function stepsOf(node: Node): Step[] {
  if (node['Actual Loops'] === 0) return []; // it was not needed
  const step = {
    kind: node['Node Type'],
    table: node['Relation Name'],
    index: node['Index Name'],
    condition: node['Index Cond'],
    rows: node['Actual Rows'],
    times: node['Actual Loops'],
  };
  return [step, ...(node.Plans ?? []).flatMap(stepsOf)];
}

/**
 * A list reads one page in the order of an index; others read a few rows, or as many as are asked for. A search has no
 * name: it is planned anew each time, for its very words.
 */
export type Reading = 'list' | 'few rows' | 'what matches' | 'search';

/**
 * What keeps these plans from being the same for a mailbox of any size: whatever reads a person's rows must be a range of
 * an index that begins with the person, and people themselves are found by an index, each alone.
 */
export function faultsOf(plans: Plan[], reading: Reading): string[] {
  const steps = plans.flatMap((plan) => plan.steps);
  const reads = steps.filter(
    ({ kind, table, index }) => (table ?? index) && kind !== 'Bitmap Heap Scan' && kind.includes('Scan'),
  );
  const faults = reads.filter((step) => !isRange(step)).map(nameOf);
  if (reads.length === 0) faults.push('nothing was read');
  if (reading === 'list' || reading === 'few rows') {
    const most = ({ table }: Step) => (reading === 'list' && table === 'messages' ? 26 : 100);
    faults.push(...reads.filter((step) => step.rows > most(step)).map(nameOf));
  }
  if (reading === 'list') {
    const isOfMessages = ({ table }: Step) => table === 'messages';
    const detours = steps.filter(
      (step) => step.kind === 'Sort' || (step.kind === 'Bitmap Heap Scan' && isOfMessages(step)),
    );
    faults.push(...detours.map(({ kind }) => kind));
  }
  return faults;
}

function isRange({ kind, table, index = '', condition = '' }: Step): boolean {
  if (kind === 'Seq Scan') return false;
  if (table === 'users' || index.startsWith('users')) return /^\((id|username) = /.test(condition);
  // What one press of a button moved to the trash has one moment, which is as good as its owner.
  if (index === 'messages_expired') return condition.startsWith('(trashed_at = ');
  return beginsWithOwner.test(condition);
}

/** What a search looks for is kept by owner and window of time, in one key. */
export const beginsWithOwner = /^\(+((owner_id|user_id|reporter_id) = |ARRAY\[\(uuid_send\(owner_id\) \|\| )/;

function nameOf({ kind, table, index, condition = 'all of it', rows }: Step): string {
  return `${kind} of ${index ?? table}, ${condition}: ${rows} rows`;
}
