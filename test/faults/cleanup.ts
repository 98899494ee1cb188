// What must not outlive this program, whether a check failed or Ctrl-C was pressed.
const todo = new Set<() => void | Promise<void>>();

/** Does this at the end, unless it is done before. Returns how to do it now. */
export function atTheEnd(work: () => void | Promise<void>): () => Promise<void> {
  todo.add(work);
  return async () => {
    if (todo.delete(work)) await work();
  };
}

/** Does all that is left, the latest first. */
export async function cleanUp(): Promise<void> {
  for (const work of [...todo].toReversed()) {
    todo.delete(work);
    await work();
  }
}
