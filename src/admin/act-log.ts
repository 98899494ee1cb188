// The log of what the operator and administrators did: when, what, about whom; never what users wrote.
import type { Request } from 'express';
import { asSystem } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';
import { signedIn } from '../sessions/session.ts';
import type { WebContext } from '../web/context.ts';
import { logSecurity, writeSecurityLine } from '../web/security-log.ts';

export interface Act {
  /** As on the command line. */
  command: string;
  userId?: string | undefined; // about whom
  options?: string[] | undefined; // none that names anybody
  adminId?: string | undefined; // undefined: the command line
}

/** Call it before the act: whatever is done is logged, and whatever is logged was attempted. */
export async function logAct(db: Database, { command, userId, options = [], adminId }: Act): Promise<void> {
  await asSystem(() =>
    db.query(
      `insert into operator_log (id, command, user_id, options, admin_id, logged_at)
       values ($1, $2, $3, $4, $5, case when $5::uuid is not null then now() end)`,
      [newId(), command, userId, options, adminId],
    ),
  );
}

/** An act on a page: also a security event. */
export async function logPageAct(
  ctx: WebContext,
  req: Request,
  { command, userId, options }: Omit<Act, 'adminId'>,
): Promise<void> {
  await logAct(ctx.pool, { command, userId, options, adminId: signedIn(req).id });
  logSecurity(ctx, req, { event: 'admin act', detail: command, account: userId });
}

/** Acts on the command line, which cannot write into the log: the running program does, each once. */
export async function logCommandLineActs({ pool, log }: Pick<WebContext, 'pool' | 'log'>): Promise<void> {
  for (const { at, command, userId } of await asSystem(() => takeUnlogged(pool)))
    writeSecurityLine(log, { event: 'admin act', detail: command, account: userId ?? undefined, at });
}

async function takeUnlogged(db: Database): Promise<Pick<LoggedAct, 'at' | 'command' | 'userId'>[]> {
  const { rows } = await db.query<Pick<LoggedAct, 'at' | 'command' | 'userId'>>(
    `with unlogged as (
       update operator_log set logged_at = now() where id = any (array (
         select id from operator_log where logged_at is null order by id for update skip locked))
       returning id, at, command, user_id)
     select at, command, user_id as "userId" from unlogged order by id`,
  );
  return rows;
}

export interface LoggedAct {
  at: Date;
  command: string;
  options: string[];
  by: string | null; // the administrator, by name or else by id; null: the command line
  userId: string | null;
  username: string | null; // null: no account has this id any more
}

export async function listActs(db: Database): Promise<LoggedAct[]> {
  const { rows } = await db.query<LoggedAct>(
    `select l.at, l.command, l.options, coalesce(a.username, l.admin_id::text) as by,
            l.user_id as "userId", u.username
     from operator_log l left join users u on u.id = l.user_id left join users a on a.id = l.admin_id
     order by l.id`,
  );
  return rows;
}
