// Forms: what was typed, what is wrong with it, and how it is given back whatever happens.
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { HttpError, type Refusal } from './errors.ts';

/** A form as its page shows it: what stands in the fields and what is said beside them. '' is the form as a whole. */
export interface Form {
  typed: Record<string, string>;
  errors: Record<string, string>;
}

export type ParsedForm<T> = (Form & { ok: true; values: T }) | (Form & { ok: false });

/** Checks a body against a schema of strings. Fields that are not one string each count as not filled in. */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown): ParsedForm<T> {
  const typed = typedIn(body);
  const parsed = schema.safeParse(typed);
  if (parsed.success) return { ok: true, values: parsed.data, typed, errors: {} };
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) errors[String(issue.path[0] ?? '')] ??= issue.message;
  return { ok: false, typed, errors };
}

/** The same form with an error that only the database could know of. */
export function rejectField(form: Form, field: string, message: string): Form {
  return { typed: form.typed, errors: { ...form.errors, [field]: message } };
}

/** An empty form, or one with some fields filled in. */
export function blankForm(typed: Record<string, string> = {}): Form {
  return { typed, errors: {} };
}

/** The fields of a body that are one string each. */
export function typedIn(body: unknown): Record<string, string> {
  const entries = Object.entries(body ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * For a route whose form holds somebody's words: whatever refuses it later, the page comes back with all of them.
 * `show` renders the page; the status is already set.
 */
export function preserveInput(show: (req: Request, res: Response, form: Form) => void): RequestHandler {
  return (req, res, next) => {
    if (req.method === 'POST') {
      req.renderAgain = (refusal: Refusal) => {
        req.renderAgain = undefined; // a failure while showing the form gets the plain error page
        show(req, res, { typed: typedIn(req.body), errors: { '': refusal.message } });
      };
    }
    next();
  };
}

// 10,000 characters of 4 bytes each, all percent-encoded, are 120 kB. More than that is read as well, so that a text
// that is too long can be given back with a message: all that the fields of the page can hold (maxlength counts UTF-16
// units, each of which takes 9 bytes at most).
export const bodyLimit = 1_000_000;

/** Reads the fields of a form. Bytes that are not UTF-8 are refused: replaced silently, they would change the words. */
export const readForms = express.urlencoded({
  extended: false,
  limit: bodyLimit,
  parameterLimit: 500,
  verify: (req, res, bytes) => {
    if (!isWellFormed(bytes.toString('latin1')))
      throw new HttpError(422, 'The text is not valid Unicode. Nothing was changed.');
  },
});

/** The same for addresses; `*` is one for servers as a whole (RFC 9110, 7.1), not for a page. */
export function refuseBrokenAddresses(req: Request, res: Response, next: NextFunction): void {
  const isBroken = req.url.includes('%') && (!isWellFormed(req.url) || /%00/.test(req.url));
  if (isBroken || !req.path.startsWith('/')) throw new HttpError(400, 'That address is broken.');
  next();
}

/**
 * Fields in pieces (`name[x]`) and repeated ones in addresses: no page of ours sends them, so nobody meant what would
 * be made of them. Of a repeated one, one reader would take the first value and the next reader the last.
 */
export function refuseNestedFields(req: Request, res: Response, next: NextFunction): void {
  const { query } = req; // Express reads it anew each time
  const names = [...Object.keys(query), ...Object.keys((req.body ?? {}) as object)];
  const isRepeated = Object.values(query).some((value) => typeof value !== 'string');
  if (isRepeated || names.some((name) => name.includes('[')))
    throw new HttpError(400, 'A field came twice or in pieces. Nothing was changed.');
  next();
}

/** Whether percent-encoded text is UTF-8 throughout; encoded lone surrogates are not. Raw bytes beyond ASCII count as broken. */
function isWellFormed(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return !/[^\0-\x7f]/.test(encoded);
  } catch {
    return false;
  }
}

/** Characters as people count them, nearly: code points, so that an emoji is one and not two. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}

/** Text as people write it: no NUL, which PostgreSQL cannot keep, and no half characters. `missing` is said without it. */
export const plainText = (missing: string) =>
  z
    .string(missing)
    .refine(
      (text) => !text.includes('\0') && text.isWellFormed(),
      'There is a character in this text that cannot be kept.',
    );
