// The check boxes of a list, and what is said when something was done to several messages, or had been done before.
import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import { listStates, type MessageState } from './queries.ts';

const selection = z.union([z.array(z.string()), z.string().transform((id) => [id])]).catch([]);
const maxSelected = 200;

/** The ids that were ticked, each once. What cannot be an id is ignored, like an id that is somebody else's. */
export function selectedIds(body: { ids?: unknown } | undefined): string[] {
  const ids = selection.parse(body?.ids).filter((id) => z.uuid().safeParse(id).success);
  return [...new Set(ids)].slice(0, maxSelected);
}

/** "3 messages restored." Nothing is an answer as well: `none` says what is the case. */
export function counted(count: number, done: string, none: string): string {
  return count === 0 ? none : `${messages(count)} ${done}.`;
}

const done: Record<Exclude<Action, 'delete'>, string> = {
  read: 'marked as read',
  unread: 'marked as unread',
  restore: 'restored',
  forever: 'deleted for ever',
};

/** What is said after an action: "3 messages restored.", or why nothing has changed. */
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

/** What is the case with a message to which an action does nothing: the first of these that is true. */
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

/** For those that do not exist: they are gone, or they never were this person's. */
const gone = 'already deleted for ever';

/** Why an action has changed none of these, in sentences: "These 2 messages were already deleted." */
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

/** "This message was", "These 3 messages were"; with others beside them "1 message was", "3 messages were". */
function subject(count: number, outOf: number): string {
  const verb = count === 1 ? 'was' : 'were';
  if (count < outOf) return `${messages(count)} ${verb}`;
  return count === 1 ? 'This message was' : `These ${messages(count)} were`;
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count.toLocaleString('en')} messages`;
}
