// Drafts in SQL; every statement is scoped to the owner.
import { createHash } from 'node:crypto';
import { draftBytes } from '../usage.ts';
import { deleteBefore } from '../../database/expiry.ts';
import type { Database } from '../../database/pool.ts';
import { countCharacters } from '../../web/forms.ts';
import { prefixOf, shorten } from '../../web/text.ts';
import { maxDrafts, maxDraftLength } from './limits.ts';

export interface Draft {
  id: string;
  recipient: string;
  body: string;
  savedAt: Date;
  version: number;
}

/** The state of a draft that a page has seen: a version, or what it or a page before it has saved since. */
export interface Seen {
  /** 0: no draft was saved when the page was made. */
  version: number;
  /** This page, and those whose refused form it shows again, each with the number of its saves. */
  pages: { page: string; saves: number }[];
}

const nothingSeen: Seen = { version: 0, pages: [] };

/** SQL condition: whether a page with this version and these pages (JSON) has seen the current state of draft `d`. */
export const hasSeen = (version: string, pages: string): string => `(d.version = ${version} or exists (
  select from json_to_recordset(${pages}) as p (page uuid, saves integer)
  where p.page = d.page and d.saves <= p.saves))`;

/** 'newer': saved elsewhere since. 'ended': sent or discarded. 'full': `limit` reached. 'over quota': in bytes. */
export type Saved = 'saved' | 'newer' | 'ended' | 'full' | 'over quota';

interface SaveOptions {
  seen?: Seen;
  limit?: number;
  /** Max bytes of the owner's drafts and sent messages together. */
  mailboxBytes?: number;
  /** Saves even a draft that was sent or discarded. */
  revives?: boolean;
}

type Written = Pick<Draft, 'id' | 'recipient' | 'body'>;

export async function saveDraft(
  db: Database,
  ownerId: string,
  draft: Written,
  options: SaveOptions = {},
): Promise<Saved> {
  const { seen = nothingSeen, limit = maxDrafts, mailboxBytes = null, revives = false } = options;
  const { page = null, saves = 0 } = seen.pages.at(-1) ?? {};
  // `saves` counts this one.
  const hadDraft = seen.version > 0 || seen.pages.some((earlier) => earlier.saves > 1);
  const { rows } = await db.query<{
    version: number | null;
    isStored: boolean;
    isSame: boolean;
    isEnded: boolean;
    isFull: boolean;
    isGone: boolean;
    isWithinQuota: boolean;
  }>(
    `with stored as (select recipient, body, octet_length(recipient) + octet_length(body) as bytes
                     from drafts where owner_id = $1 and id = $2),
     quota as (select $13::bigint is null or $14 <= (select bytes from stored) or $14
         + coalesce((select s.sent_bytes from mailbox_usage s where s.owner_id = $1), 0)
         + ${draftBytes('$1')} - coalesce((select bytes from stored), 0) <= $13 as is_within_quota),
     ended as (select from ended_drafts where owner_id = $1 and id = $2 and (is_sent or $12) and not $11),
     drafts_there as (select count(*) as n from drafts where owner_id = $1),
     saved as (
       insert into drafts as d (owner_id, id, recipient, body, saved_at, page, saves)
       select u.id, $2, $3, $4, $5, $6, $7 from users u
       where u.id = $1 and u.username is not null and (select is_within_quota from quota)
         and (exists (select from stored)
          or (($8 = 0 or $11) and not exists (select from ended) and (select n from drafts_there) < $10))
       on conflict (owner_id, id) do update
       set recipient = excluded.recipient, body = excluded.body, saved_at = excluded.saved_at,
           version = d.version + 1, page = excluded.page, saves = excluded.saves
       where ${hasSeen('$8', '$9')}
       returning version
     )
     select (select version from saved) as version, exists (select from stored) as "isStored",
            exists (select from ended) as "isEnded", (select n from drafts_there) >= $10 as "isFull",
            exists (select from stored where recipient = $3 and body = $4) as "isSame",
            not exists (select from users where id = $1 and username is not null) as "isGone",
            (select is_within_quota from quota) as "isWithinQuota"`,
    [
      ownerId,
      draft.id,
      draft.recipient,
      draft.body,
      new Date(),
      page,
      saves,
      seen.version,
      JSON.stringify(seen.pages),
      limit,
      revives,
      hadDraft,
      mailboxBytes,
      Buffer.byteLength(draft.recipient) + Buffer.byteLength(draft.body),
    ],
  );
  const { version, isStored, isSame, isEnded, isFull, isGone, isWithinQuota } = rows[0]!;
  if (version === 1 && !revives)
    return (await dropEnded(db, ownerId, draft.id, hadDraft)) ? 'ended' : 'saved';
  if (version !== null || isSame) return 'saved';
  if (!isWithinQuota && !isGone) return 'over quota';
  if (isStored) return 'newer';
  if (isGone || isEnded || (seen.version > 0 && !revives)) return 'ended';
  return isFull ? 'full' : 'newer'; // a concurrent save has created the same draft
}

/** A save that waited while the draft was sent has inserted it anew; this deletes it again. */
async function dropEnded(db: Database, ownerId: string, id: string, hadDraft: boolean): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from drafts where owner_id = $1 and id = $2
       and exists (select from ended_drafts where owner_id = $1 and id = $2 and (is_sent or $3))`,
    [ownerId, id, hadDraft],
  );
  return rowCount === 1;
}

export type Kept =
  { kind: 'saved' | 'copied'; id: string } | { kind: 'ended' } | { kind: 'full' | 'too long' | 'over quota' };

/** Saves the draft, as a copy if the stored one is newer. The id of the copy is the same for each save of a page. */
export async function keepDraft(
  db: Database,
  ownerId: string,
  draft: Written,
  options: SaveOptions = {},
): Promise<Kept> {
  if (isTooLong(draft)) return { kind: 'too long' };
  const { id } = draft;
  const saved = await saveDraft(db, ownerId, draft, options);
  if (saved === 'saved') return { kind: 'saved', id };
  if (saved !== 'newer') return { kind: saved };
  const { pages = [] } = options.seen ?? {};
  const copy = copyId(id, pages.at(-1)?.page ?? draft.body);
  const copied = await saveDraft(
    db,
    ownerId,
    { ...draft, id: copy },
    { ...options, seen: { version: 0, pages } },
  );
  if (copied === 'newer') return { kind: 'full' };
  return copied === 'saved' ? { kind: 'copied', id: copy } : { kind: copied };
}

function isTooLong({ body, recipient }: Written): boolean {
  return countCharacters(body) > maxDraftLength.body || countCharacters(recipient) > maxDraftLength.recipient;
}

function copyId(id: string, origin: string): string {
  const hex = createHash('sha256').update(`${id} ${origin}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface DraftRow {
  id: string;
  recipient: string;
  excerpt: string;
  savedAt: Date;
}

const maxShown = 200;

/** Not paged: there are hardly more than maxDrafts. */
export async function listDrafts(db: Database, ownerId: string): Promise<DraftRow[]> {
  const { rows } = await db.query<DraftRow>(
    `select id, ${prefixOf('recipient', maxShown)} as recipient,
            ${prefixOf('body', maxShown)} as excerpt, saved_at as "savedAt"
     from drafts where owner_id = $1 order by saved_at desc, id`,
    [ownerId],
  );
  return rows.map((row) => ({
    ...row,
    recipient: shorten(row.recipient, maxShown),
    excerpt: shorten(row.excerpt, maxShown),
  }));
}

export async function findDraft(db: Database, ownerId: string, id: string): Promise<Draft | undefined> {
  const { rows } = await db.query<Draft>(
    `select id, recipient, body, saved_at as "savedAt", version from drafts where owner_id = $1 and id = $2`,
    [ownerId, id],
  );
  return rows[0];
}

export async function discardDraft(
  db: Database,
  ownerId: string,
  id: string,
): Promise<'discarded' | 'ended' | 'unknown'> {
  const { rows } = await db.query<{ isDiscarded: boolean; isEnded: boolean }>(
    `with discarded as (delete from drafts where owner_id = $1 and id = $2 returning owner_id, id),
     ended as (insert into ended_drafts (owner_id, id, is_sent) select owner_id, id, false from discarded
               on conflict do nothing)
     select exists (select from discarded) as "isDiscarded",
            exists (select from ended_drafts where owner_id = $1 and id = $2) as "isEnded"`,
    [ownerId, id],
  );
  const { isDiscarded, isEnded } = rows[0]!;
  return isDiscarded ? 'discarded' : isEnded ? 'ended' : 'unknown';
}

export function forgetEndedDrafts(db: Database, before: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'ended_drafts', key: 'owner_id, id', time: 'ended_at' }, before, limit);
}
