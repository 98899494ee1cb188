// HTTP errors, and the one error page that shows them.
import type { NextFunction, Request, Response } from 'express';
import { isDatabaseAway } from '../database/pool.ts';
import type { Config } from '../config.ts';
import type { Cookies } from './cookies.ts';
import type { Log } from './log.ts';
import { localPath } from './local-path.ts';
import { fieldsOf } from './repeated-form.ts';

export class HttpError extends Error {
  readonly status: number;
  readonly retryAfter: number | undefined; // seconds

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const titles: Record<number, string> = {
  400: 'This address is not valid',
  401: 'Please log in',
  403: 'This form cannot be accepted',
  404: 'Nothing here',
  405: 'That cannot be done here',
  413: 'Too much data',
  422: 'This is not valid text',
  429: 'A little slower, please',
  500: 'Something went wrong on our side',
  503: 'Back in a moment',
};

const explanations: Record<number, string> = {
  400: 'Something in the address is broken. Go back and try the link again.',
  403: 'This form has expired, or cookies are switched off. Please send it again.',
  404: 'This page does not exist, or it is not yours to see.',
  405: 'This page exists, but not for that kind of request.',
  413: 'The server refuses requests of this size. Nothing was changed.',
  422: 'The text contains invalid characters. Nothing was changed.',
  429: 'You did that too often in a short time. Wait a minute and try again.',
  500: 'This is our fault, not yours. If you report it to the person who runs this server, include the request number.',
  503: 'The server is busy or its database is restarting. Try again in a few seconds; nothing was changed.',
};

export interface Refusal {
  status: number;
  message: string;
  retryAfter: number | undefined; // seconds
}

/** Unknown errors become a 500 that reveals nothing. */
export function toRefusal(error: unknown): Refusal {
  if (isDatabaseAway(error)) return { status: 503, message: explanations[503]!, retryAfter: 5 };
  const {
    status: given,
    code,
    retryAfter,
  } = error as { status?: unknown; code?: unknown; retryAfter?: number };
  if (code === 'EBADCSRFTOKEN') return { status: 403, message: explanations[403]!, retryAfter };
  const status = typeof given === 'number' && given >= 400 && given < 600 ? given : 500; // Express, body-parser
  const message = error instanceof HttpError ? error.message : explanations[status];
  return { status, message: message ?? explanations[status >= 500 ? 500 : 400]!, retryAfter };
}

export function refuseUnknownPage(): never {
  throw new HttpError(404, explanations[404]!);
}

export function allowOnly(...methods: string[]) {
  return (req: Request, res: Response): void => {
    res.set('Allow', methods.join(', '));
    throw new HttpError(405, explanations[405]!);
  };
}

interface ErrorContext {
  config: Pick<Config, 'isDevelopment'>;
  log: Log;
  cookies: Cookies;
}

export function showErrors({ config, log, cookies }: ErrorContext) {
  return (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    const refusal = toRefusal(error);
    const isOurs = error instanceof HttpError; // already in the request's log line, such as a full login queue
    if (refusal.status >= 500 && !isOurs) log.error({ err: error, request: req.id }, 'failed');
    if (res.headersSent) return next(error);
    if (refusal.retryAfter) res.set('Retry-After', String(refusal.retryAfter));
    res.status(refusal.status);
    // The session could not be read, or was not yet: a member keeps the navigation, without the name.
    res.locals.mayBeMember = !req.session && typeof cookies.read(req, 'session') === 'string';
    const number = refusal.status === 500 ? ` Request ${req.id}` : '';
    if (req.renderAgain) return req.renderAgain({ ...refusal, message: refusal.message + number });
    res.render('web/error', {
      title: titles[refusal.status] ?? titles[refusal.status >= 500 ? 500 : 400],
      message: refusal.message,
      requestId: refusal.status >= 500 ? req.id : undefined,
      detail: config.isDevelopment && refusal.status === 500 ? String((error as Error).stack) : undefined,
      ...retryOf(req, refusal),
    });
  };
}

/** Fields of forms that hold nothing secret and no text: what their button does can be tried again. */
const repeatable = new Set('_csrf ids action from upTo at than confirmed device job ask timeZone'.split(' '));

interface Retry {
  again?: string; // the address of a page, or of a form with these fields
  fields?: [name: string, value: string][];
  reloads?: number; // seconds
}

function retryOf(req: Request, { status, retryAfter }: Refusal): Retry {
  const again = localPath(req.originalUrl);
  if (!again || (status < 500 && status !== 429)) return {};
  if (req.method === 'GET') return { again, ...(status === 503 ? { reloads: retryAfter ?? 5 } : {}) };
  const body = (req.body ?? {}) as Record<string, string | string[]>;
  if (!('_csrf' in body) || Object.keys(body).some((name) => !repeatable.has(name))) return {};
  return { again, fields: fieldsOf(body) };
}
