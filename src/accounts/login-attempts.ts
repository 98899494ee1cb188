// Rate limits for failed logins.
import type { Request } from 'express';
import { findKnownBrowser } from './devices/known-browsers.ts';
import { nobody } from '../ids.ts';
import type { MailboxContext } from '../mailbox/context.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { clientAddress } from '../web/client-address.ts';
import { addressLimits } from '../web/address-limits.ts';
import { consumeAll, isRefusal, type Refund } from '../web/rate-limits.ts';
import { exactTime } from '../web/times.ts';

const kinds = { logins: 'passwords', recoveries: 'recovery codes' };
type Kind = keyof typeof kinds;

const hour = 60 * 60;

/** Counts a failure in advance; returns its refund, for a success, or throws a 429. `userId`: the username's owner, if
 * any. Failures count per username and address, per username, and per address. The username limits come first: what
 * they refuse does not count for the address, or failing with one name would lock out everyone who shares it. Known
 * browsers have only a limit of their own, so that attackers cannot lock out the owner. Attempts count before the
 * check, so that concurrent ones are counted; unknown usernames run the same statements. */
export async function consumeLoginAttempt(
  ctx: MailboxContext,
  req: Request,
  kind: Kind,
  username: string,
  userId: string | undefined,
): Promise<Refund> {
  const { rateLimits, log } = ctx;
  const perMinute = ctx.config.loginsPerMinute;
  req.accountTried = userId;
  const known = await findKnownBrowser(ctx, req, userId ?? nobody);
  if (known) return consumeAll([() => rateLimits(`${kind}-browser`, perMinute, 60).consume(known)]);
  const nameTyped = username.slice(0, 64);
  const here = rateLimits(`${kind}-name`, perMinute, 60);
  // From any number of addresses: 50 an hour are 1,200 guesses a day, and common passwords are refused anyway.
  const everywhere = rateLimits(`${kind}-everywhere`, 5 * perMinute, hour);
  const consumeEverywhere = async () => {
    try {
      return await everywhere.consume(nameTyped);
    } catch (error) {
      // After the response, so that its time does not reveal whether the username exists.
      if (isRefusal(error) && userId)
        req.res?.once('close', () => {
          leaveGuessingNotice(ctx, kind, userId).catch((err: Error) => log.error({ err }, 'background'));
        });
      throw error;
    }
  };
  return consumeAll([
    () => here.consume(`${clientAddress(req)} ${nameTyped}`),
    consumeEverywhere,
    ...addressLimits(ctx, req, `${kind}-address`, 5 * perMinute, 60),
  ]);
}

async function leaveGuessingNotice(
  { pool, notifier, rateLimits }: MailboxContext,
  kind: Kind,
  userId: string,
): Promise<void> {
  try {
    await rateLimits(`${kind}-notice`, 1, 24 * hour).consume(userId);
  } catch (error) {
    if (isRefusal(error)) return;
    throw error;
  }
  await leaveNotice(pool, userId, guessingNotice(kinds[kind], new Date()));
  notifier.notify([userId]);
}

function guessingNotice(typed: string, at: Date): string {
  return (
    `Somebody tried to log in to your account with wrong ${typed}, repeatedly, until ${exactTime(at)}. They did not ` +
    'get in. For now, nobody can log in to it from a browser that you have not used before; your known browsers ' +
    'still work.\n\n' +
    'There is nothing to do if your password is long and you use it nowhere else. A second factor, under “Your ' +
    'account”, stops even somebody who guesses it.'
  );
}
