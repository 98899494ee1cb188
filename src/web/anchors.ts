// Shows a list again at its place: at the row that changed, or at the one that took its place.
import type { Request } from 'express';
import { localPath } from './local-path.ts';
import { pageSize } from './paging.ts';

/** The HTML id of a row. The random part of an id is enough to tell the rows of a page apart. */
export function anchorOf(id: string): string {
  return `m${id.slice(-12)}`;
}

/** The address of the list that the form came from, with this row in view. */
export function backToRow({ body }: Request, fallback: string, id = ''): string {
  const list = localPath(body?.from) ?? fallback;
  return id ? `${list}#${anchorOf(id)}` : list;
}

/** For rows that are gone: at the row below the first of them, or else above; `order` lists the page's rows. */
export function backToNeighbor(req: Request, fallback: string, gone: string[]): string {
  const list = backToRow(req, fallback, undefined);
  const order = String(req.body?.order ?? '').split(',', 2 * pageSize);
  const isGone = new Set(gone.map(anchorOf));
  const first = order.findIndex((anchor) => isGone.has(anchor));
  const isLeft = (anchor: string) => /^m[\da-f]{12}$/.test(anchor) && !isGone.has(anchor);
  const neighbor = first >= 0 && (order.slice(first).find(isLeft) ?? order.slice(0, first).findLast(isLeft));
  return neighbor ? `${list}#${neighbor}` : list;
}
