// Tells administrators in their inboxes that something waits for them.
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { addressForOthers } from '../web/site-address.ts';
import type { MailboxContext } from './context.ts';
import { leaveNoticeOnce } from './notices.ts';

interface Waiting {
  /** What waits; a notice that begins so and is unread is enough, however much waits. */
  sentence: string;
  /** Where they decide. */
  page: string;
  /** Whom it concerns. */
  except?: string[];
}

/** Never fails: what waits is on its page as well. */
export async function tellAdmins(ctx: MailboxContext, waiting: Waiting): Promise<void> {
  await leaveNotices(ctx, waiting).catch((err: Error) => ctx.log.error({ err }, 'background'));
}

async function leaveNotices(
  { config, pool, notifier }: MailboxContext,
  { sentence, page, except = [] }: Waiting,
): Promise<void> {
  const words = `${sentence} Decide here: ${addressForOthers(config)}${page}`;
  for (const id of (await listAdmins(pool)).filter((adminId) => !except.includes(adminId))) {
    await asOwner(id, () => transaction(pool, (db) => leaveNoticeOnce(db, id, words, sentence)));
    notifier.notify([id]);
  }
}

/** Who is an administrator and can act: a condition on users. */
export const canAdminister = 'admin_since is not null and disabled_at is null and username is not null';

async function listAdmins(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(`select id from users where ${canAdminister} order by id`);
  return rows.map(({ id }) => id);
}
