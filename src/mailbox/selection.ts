// Bulk selection: the selected ids, and the outcome of an action in words.
import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import { countOf } from '../in-words.ts';
import { listStates, type MessageState } from './queries.ts';

const selection = z.union([z.array(z.string()), z.string().transform((id) => [id])]).catch([]);
export const maxSelected = 200;

/** Without duplicates. Malformed ids are ignored, like a stranger's. A row of several messages names them all. */
export function selectedIds(rows: unknown): string[] {
  const ids = selection
    .parse(rows)
    .flatMap((row) => row.split(','))
    .filter((id) => z.uuid().safeParse(id).success);
  return [...new Set(ids)].slice(0, maxSelected);
}

export function counted(count: number, done: string, none: string): string {
  return count === 0 ? none : `${countOf(count, 'message')} ${done}.`;
}

const done: Record<Exclude<Action, 'delete'>, string> = {
  read: 'marked as read',
  unread: 'marked as unread',
  restore: 'restored',
  forever: 'deleted permanently',
};

export async function sayDone(
  pool: Pool,
  ownerId: string,
  action: Exclude<Action, 'delete'>,
  ids: string[],
  changed: string[],
): Promise<string> {
  if (changed.length === 0) return sayUnchanged(pool, ownerId, action, ids);
  return counted(changed.length, done[action], '');
}

export type Action = 'read' | 'unread' | 'delete' | 'restore' | 'forever';

const reasons: Record<Action, [words: string, isCase: (state: MessageState) => boolean][]> = {
  read: [
    ['already deleted', (state) => state.isTrashed],
    ['already read', () => true],
  ],
  unread: [
    ['already deleted', (state) => state.isTrashed],
    ['sent by you, which cannot be unread', (state) => state.box === 'sent'],
    ['already unread', () => true],
  ],
  delete: [['already deleted', () => true]],
  restore: [['already restored', () => true]],
  forever: [['not in the trash any more', () => true]],
};

/** Deleted permanently, or never this user's. */
const gone = 'already deleted permanently';

/** Why nothing has changed: "These 2 messages were already deleted." */
export async function sayUnchanged(
  pool: Pool,
  ownerId: string,
  action: Action,
  ids: string[],
): Promise<string> {
  if (ids.length === 0) return 'No message was selected.';
  const states = new Map((await listStates(pool, ownerId, ids)).map((state) => [state.id, state]));
  const counts = new Map<string, number>();
  for (const id of ids) {
    const state = states.get(id);
    const words = state ? reasons[action].find(([, isCase]) => isCase(state))![0] : gone;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, count]) => `${subject(count, ids.length)} ${words}.`).join(' ');
}

function subject(count: number, outOf: number): string {
  const verb = count === 1 ? 'was' : 'were';
  if (count < outOf) return `${countOf(count, 'message')} ${verb}`;
  return count === 1 ? 'This message was' : `These ${countOf(count, 'message')} were`;
}
