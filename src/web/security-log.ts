// The security log: a line for each login, change of credentials, refusal and administrator's act (ASVS 5.0, V16.3).
import type { Request, RequestHandler } from 'express';
import { routeOf, type Log } from './log.ts';

export interface SecurityEvent {
  event: 'login' | 'failed login' | 'credential change' | 'limit' | 'admin act';
  detail: string; // the program's own words, or a route's pattern; never anything typed
  account?: string | undefined; // the id of whom it is about; missing where there is no such account
}

export function logSecurity(ctx: { log: Log }, req: Request, event: SecurityEvent): void {
  const by = event.event === 'admin act' ? req.user?.id : undefined;
  writeSecurityLine(ctx.log, { ...event, by, request: req.id });
}

interface SecurityLine extends SecurityEvent {
  by?: string | undefined; // the administrator
  at?: Date; // if it was not just now
  request?: unknown;
}

/** Like all of the log without client addresses (SECURITY.md), and without the name typed into a failed login, which
 * may be a password. */
export function writeSecurityLine(log: Log, { event, detail, account, by, at, request }: SecurityLine): void {
  const level = event === 'failed login' || event === 'limit' ? 'warn' : 'info';
  log[level]({ kind: 'security', event, detail, account, by, at, request });
}

/** What answers 429 is logged by its route. */
export function logLimits(log: Log): RequestHandler {
  return (req, res, next) => {
    res.on('close', () => {
      if (res.statusCode !== 429) return;
      const account = req.user?.id ?? req.accountTried;
      logSecurity({ log }, req, { event: 'limit', detail: routeOf(req) ?? 'unknown', account });
    });
    next();
  };
}
