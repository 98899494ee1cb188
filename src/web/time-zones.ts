// The reader's time zone: the account's setting, else the browser's, else UTC.
import type { NextFunction, Request, Response } from 'express';
import type { WebContext } from './context.ts';
import { exactTime, timeAgo } from './times.ts';

export interface ReadersTime {
  timeZone: string;
  source: 'setting' | 'browser' | 'none';
}

declare global {
  namespace Express {
    interface Locals {
      readersTime: ReadersTime;
    }
  }
}

const known = new Map<string, boolean>();

export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]{1,50}$/.test(name)) return false;
  const before = known.get(name);
  if (before !== undefined) return before;
  let isKnown = true;
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    isKnown = false;
  }
  if (known.size < 2000) known.set(name, isKnown);
  return isKnown;
}

export function readTimeZone({ cookies }: WebContext) {
  const cookieOf = new RegExp(`(?:^|;) *${cookies.name('zone')}=([^;]*)`); // unsigned, from public/app.js
  return (req: Request, res: Response, next: NextFunction): void => {
    res.locals.readersTime = readersTimeOf(req.user?.timeZone, cookieOf.exec(req.headers.cookie ?? '')?.[1]);
    const { timeZone } = res.locals.readersTime;
    res.locals.timeAgo = (then: Date) => timeAgo(then, Date.now(), timeZone);
    res.locals.exactTime = (then: Date) => exactTime(then, timeZone);
    next();
  };
}

function readersTimeOf(setting: string | null | undefined, cookie: string | undefined): ReadersTime {
  if (setting && isTimeZone(setting)) return { timeZone: setting, source: 'setting' };
  const told = cookie?.replaceAll('%2F', '/').replaceAll('%2B', '+');
  if (told && isTimeZone(told)) return { timeZone: told, source: 'browser' };
  return { timeZone: 'UTC', source: 'none' };
}
