// The encrypted hidden field of a message form: its writer, and the state of the draft that it shows.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Seen } from '../drafts/queries.ts';
import type { WebContext } from '../../web/context.ts';
import type { TypedMessage } from './message-form.ts';

/** No form is older than the longest session. */
const lastsMs = 90 * 24 * 60 * 60 * 1000;
const maxPages = 20;

const content = z.object({
  writerId: z.uuid(),
  at: z.number(),
  version: z.int().min(0),
  /** This page last, after the pages whose refused form it shows again. */
  pages: z
    .array(z.object({ page: z.uuid(), saves: z.int() }))
    .min(1)
    .max(maxPages),
});

export interface FormPage {
  writerId: string;
  seen: Seen;
}

export type PageFields = Pick<TypedMessage, 'key' | 'page' | 'saves'>;

export function beginFormPage(ctx: WebContext, writerId: string, key: string, version = 0): string {
  return write(ctx, key, { writerId, version, pages: [{ page: randomUUID(), saves: 0 }] });
}

/** For a refused form shown again: the new page has seen everything that the previous one had. */
export function nextFormPage(ctx: WebContext, writerId: string, fields: PageFields): string {
  const before = readFormPage(ctx, fields);
  if (before?.writerId !== writerId) return beginFormPage(ctx, writerId, fields.key);
  const { version, pages } = before.seen;
  const known = [...pages, { page: randomUUID(), saves: 0 }].slice(-maxPages);
  return write(ctx, fields.key, { writerId, version, pages: known });
}

export function moveFormPage(ctx: WebContext, writerId: string, fields: PageFields, key: string): string {
  const pages = readFormPage(ctx, fields)?.seen.pages ?? [{ page: randomUUID(), saves: 0 }];
  return write(ctx, key, { writerId, version: 0, pages });
}

/** Undefined if it is forged, expired, or made for another draft. */
export function readFormPage(
  { encryption }: WebContext,
  { key, page, saves }: PageFields,
): FormPage | undefined {
  const opened = page === '' ? undefined : encryption.decrypt(contextOf(key), Buffer.from(page, 'base64url'));
  if (!opened) return undefined;
  const { writerId, at, version, pages } = content.parse(JSON.parse(opened.toString()));
  if (Date.now() - at > lastsMs) return undefined;
  return {
    writerId,
    seen: { version, pages: pages.with(pages.length - 1, { page: pages.at(-1)!.page, saves }) },
  };
}

function write({ encryption }: WebContext, key: string, page: Omit<z.infer<typeof content>, 'at'>): string {
  const written = Buffer.from(JSON.stringify({ ...page, at: Date.now() }));
  return encryption.encrypt(contextOf(key), written).toString('base64url');
}

/** The form's key is the context of the encryption, so that the field cannot be moved to another draft. */
function contextOf(key: string): string {
  return `message form ${key}`;
}
