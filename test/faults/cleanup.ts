// Cleans up on exit, after a failed check or Ctrl-C.
const todo = new Set<() => void | Promise<void>>();
let isOver = false;

/** Throws during shutdown, when nothing new may start. */
export function mayBegin(): void {
  if (isOver) throw new Error('It is over.');
}

/** Does this at the end, unless it is done before. Returns how to do it now. */
export function atTheEnd(work: () => void | Promise<void>): () => Promise<void> {
  todo.add(work);
  return async () => {
    if (todo.delete(work)) await work();
  };
}

/** Does all that is left, the latest first. */
export async function cleanUp(): Promise<void> {
  isOver = true;
  while (todo.size > 0) {
    const work = [...todo].at(-1)!;
    todo.delete(work);
    await work();
  }
}
