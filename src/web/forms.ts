// Forms: parsing, errors beside the fields, and preserved input.
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { HttpError, type Refusal } from './errors.ts';

export interface Form {
  typed: Record<string, string>;
  errors: Record<string, string>; // '' is the form as a whole
}

export type ParsedForm<T> = (Form & { ok: true; values: T }) | (Form & { ok: false });

/** Fields that are not a single string count as missing. */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown): ParsedForm<T> {
  const typed = typedIn(body);
  const parsed = schema.safeParse(typed);
  if (parsed.success) return { ok: true, values: parsed.data, typed, errors: {} };
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) errors[String(issue.path[0] ?? '')] ??= issue.message;
  return { ok: false, typed, errors };
}

export function rejectField(form: Form, field: string, message: string): Form {
  return { typed: form.typed, errors: { ...form.errors, [field]: message } }; // only the database knows
}

export function blankForm(typed: Record<string, string> = {}): Form {
  return { typed, errors: {} };
}

export function typedIn(body: unknown): Record<string, string> {
  const entries = Object.entries(body ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

/** If anything refuses the request later, `show` renders the form with its input; the status is already set. */
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

// Bytes. A message takes at most 120 kB (10,000 characters of 4 bytes, percent-encoded); the limit admits all that the
// fields can hold (maxlength counts UTF-16 units of up to 9 bytes), so that a text that is too long is shown again.
export const maxBodyBytes = 1_000_000;
export const maxFields = 500;

/** Refuses bytes that are not UTF-8: replacing them silently would change the text. */
export const readForms = express.urlencoded({
  extended: false,
  limit: maxBodyBytes,
  parameterLimit: maxFields,
  verify: (req, res, bytes) => {
    if (!isWellFormed(bytes.toString('latin1')))
      throw new HttpError(422, 'The text is not valid Unicode. Nothing was changed.');
  },
});

/** Malformed percent-encoding, NUL, and `*`, which addresses the server as a whole (RFC 9110, 7.1). */
export function refuseBrokenAddresses(req: Request, res: Response, next: NextFunction): void {
  const isBroken = req.url.includes('%') && (!isWellFormed(req.url) || /%00/.test(req.url));
  if (isBroken || !req.path.startsWith('/')) throw new HttpError(400, 'This address is malformed.');
  next();
}

/** No page sends `name[x]` or repeated query fields: one reader would take the first value, the next one the last. */
export function refuseNestedFields(req: Request, res: Response, next: NextFunction): void {
  const { query } = req; // Express parses it on each access
  const names = [...Object.keys(query), ...Object.keys((req.body ?? {}) as object)];
  const isRepeated = Object.values(query).some((value) => typeof value !== 'string');
  if (isRepeated || names.some((name) => name.includes('[')))
    throw new HttpError(400, 'A field was repeated or malformed. Nothing was changed.');
  next();
}

function isWellFormed(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return !/[^\0-\x7f]/.test(encoded); // raw bytes beyond ASCII are malformed
  } catch {
    return false;
  }
}

export function countCharacters(text: string): number {
  return Array.from(text).length; // code points, so that most emoji count as one
}

/** Refuses NUL, which PostgreSQL cannot store, and lone surrogates. `missing` is the error for an absent field. */
export const plainText = (missing: string) =>
  z
    .string(missing)
    .refine(
      (text) => !text.includes('\0') && text.isWellFormed(),
      'This text contains a character that cannot be stored.',
    );
