// Whether the program runs, on any machine that uses this database.
import type { Pool } from '../database/pool.ts';
import { StartupError } from '../startup-error.ts';

export async function refuseWhileRunning(pool: Pool): Promise<void> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity
     where datname = current_database() and application_name = 'private-messages notifier'`,
  );
  if (rowCount) throw new StartupError('The program is running. Stop it on all machines, then try again.');
}
