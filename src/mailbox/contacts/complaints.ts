// Complaints: blocks and reports, which lower what their subject may do (new-people.ts), kept without who made them.
import { now } from '../../clock.ts';
import { asSystem } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import { dateOf } from './new-people.ts';

/** Only from somebody whom they approached, and once: blocking again, or reporting as well, adds nothing. At the end of
 * a transaction that holds the mailbox of `byId`; the row it locks waits for nothing. */
export async function complainAbout(db: Database, aboutId: string, byId: string): Promise<void> {
  await asSystem(async () => {
    if (!(await hasApproached(db, aboutId, byId))) return;
    if (await rememberComplaint(db, byId, aboutId)) await addComplaint(db, aboutId);
  });
}

async function hasApproached(db: Database, ownerId: string, otherId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select from contacts k where k.owner_id = $1 and k.other_id = $2 and k.approached_at is not null`,
    [ownerId, otherId],
  );
  return rows.length === 1;
}

/** False if there was one before. */
async function rememberComplaint(db: Database, ownerId: string, otherId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into contacts (owner_id, other_id, complained_at) values ($1, $2, now())
     on conflict (owner_id, other_id) do update set complained_at = excluded.complained_at
     where contacts.complained_at is null`,
    [ownerId, otherId],
  );
  return rowCount === 1;
}

async function addComplaint(db: Database, ownerId: string): Promise<void> {
  await db.query(
    `insert into complaints (owner_id, day) values ($1, $2)
     on conflict (owner_id, day) do update set count = complaints.count + 1`,
    [ownerId, dateOf(now())],
  );
}
