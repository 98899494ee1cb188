// What a form for a message knows of itself, encrypted: who writes on it, and which state of the draft it shows.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Seen } from '../drafts/queries.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import type { TypedMessage } from './message-form.ts';

/** No form is older than a session can be. */
const lastsMs = 90 * 24 * 60 * 60 * 1000;
const maxPages = 20;

const content = z.object({
  writerId: z.uuid(),
  at: z.number(),
  version: z.int().min(0),
  /** This page last, before it those whose refused form it shows again. */
  pages: z
    .array(z.object({ page: z.uuid(), saves: z.int() }))
    .min(1)
    .max(maxPages),
});

/** Who wrote on a page, and what that page had seen of the draft. */
export interface FormPage {
  writerId: string;
  seen: Seen;
}

/** What of a form tells its page. */
export type PageFields = Pick<TypedMessage, 'key' | 'page' | 'saves'>;

export interface FormPages {
  /** The hidden field of a new page; `version` is that of the draft it shows. */
  begin(writerId: string, key: string, version?: number): string;
  /** That of the page that shows a refused form again: it has seen all that the page before it had seen. */
  next(writerId: string, fields: PageFields): string;
  /** That of a page whose draft is another one from now on. */
  move(writerId: string, fields: PageFields, key: string): string;
  /** Undefined for what was not made here for this draft, or too long ago. */
  read(fields: PageFields): FormPage | undefined;
}

/** The key of the form is authenticated along with it: a page cannot be moved to another draft. */
export function createFormPages(encryption: Encryption): FormPages {
  const placeOf = (key: string) => `message form ${key}`;
  const write = (key: string, page: Omit<z.infer<typeof content>, 'at'>): string =>
    encryption
      .close(placeOf(key), Buffer.from(JSON.stringify({ ...page, at: Date.now() })))
      .toString('base64url');
  const begin = (writerId: string, key: string, version = 0) =>
    write(key, { writerId, version, pages: [{ page: randomUUID(), saves: 0 }] });
  const read = ({ key, page, saves }: PageFields): FormPage | undefined => {
    const opened = page === '' ? undefined : encryption.open(placeOf(key), Buffer.from(page, 'base64url'));
    if (!opened) return undefined;
    const { writerId, at, version, pages } = content.parse(JSON.parse(opened.toString()));
    if (Date.now() - at > lastsMs) return undefined;
    return {
      writerId,
      seen: { version, pages: pages.with(pages.length - 1, { page: pages.at(-1)!.page, saves }) },
    };
  };
  return {
    begin,
    read,
    next(writerId, fields) {
      const before = read(fields);
      if (before?.writerId !== writerId) return begin(writerId, fields.key);
      const { version, pages } = before.seen;
      const known = [...pages, { page: randomUUID(), saves: 0 }].slice(-maxPages);
      return write(fields.key, { writerId, version, pages: known });
    },
    move(writerId, fields, key) {
      const pages = read(fields)?.seen.pages ?? [{ page: randomUUID(), saves: 0 }];
      return write(key, { writerId, version: 0, pages });
    },
  };
}
