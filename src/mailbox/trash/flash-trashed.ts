// The flash message after a deletion, with undo.
import type { Response } from 'express';
import type { WebContext } from '../../web/context.ts';
import { flash } from '../../web/flash.ts';
import type { Viewer } from '../../sessions/viewer.ts';
import type { Trashed } from './queries.ts';

export function flashTrashed(
  ctx: WebContext,
  res: Response,
  viewer: Viewer,
  trashed: Trashed[],
  at: Date,
): void {
  flash(ctx, res, { line: inWords(viewer, trashed), undo: at.toISOString() });
}

function inWords(viewer: Viewer, trashed: Trashed[]): string {
  const others = [...new Set(trashed.map(({ other }) => other))].filter(
    (name) => name !== null && name !== viewer.username,
  );
  const what = trashed.length === 1 ? 'your copy' : `your copies of ${trashed.length} messages`;
  if (others.length === 0) return `Deleted ${what}.`;
  return others.length === 1
    ? `Deleted ${what}; ${others[0]} keeps theirs.`
    : `Deleted ${what}; the others keep theirs.`;
}
