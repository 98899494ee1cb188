// The check boxes of a list, and what is said when something was done to several messages.
import { z } from 'zod';

const selection = z.union([z.array(z.string()), z.string().transform((id) => [id])]).catch([]);
const mostAtOnce = 200;

/** The ids that were ticked. What cannot be an id is ignored, like an id that is somebody else's. */
export function selectedIds(body: { ids?: unknown } | undefined): string[] {
  const ids = selection.parse(body?.ids).filter((id) => z.uuid().safeParse(id).success);
  return ids.slice(0, mostAtOnce);
}

/** "3 messages restored." */
export function counted(count: number, done: string): string {
  if (count === 0) return 'No message was selected, or there was nothing to change.';
  return count === 1 ? `1 message ${done}.` : `${count.toLocaleString('en')} messages ${done}.`;
}
