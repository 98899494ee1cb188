// Facts about the site as a whole, shared by all processes: its name, its last backup.
import type { Database } from './pool.ts';

export interface Fact<T> {
  value: T;
  changedAt: Date;
}

/** Undefined if it was never written. */
export async function readFact<T>(db: Database, name: string): Promise<Fact<T> | undefined> {
  const { rows } = await db.query<Fact<T>>(
    'select value, changed_at as "changedAt" from site_facts where name = $1',
    [name],
  );
  return rows[0];
}

export async function writeFact(db: Database, name: string, value: unknown): Promise<void> {
  await db.query(
    `insert into site_facts (name, value) values ($1, $2)
     on conflict (name) do update set value = excluded.value, changed_at = now()`,
    [name, JSON.stringify(value)],
  );
}
