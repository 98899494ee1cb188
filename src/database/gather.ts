// Statements that cost less together: what is asked for while an answer is under way goes as one with the next.
import { DatabaseBusy, isDatabaseAway } from './pool.ts';

interface Waiting<Ask, Answer> {
  ask: Ask;
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** With so many, what a statement costs in itself hardly counts any more. */
const most = 16;
/** Milliseconds: as for a connection (pool.ts). */
const patience = 1200;

/**
 * Whoever asks while nothing is under way is answered at once and alone; the others wait for that answer and go together,
 * in the order in which they came, but never two with the same key. `run` answers each in its place. All of them take one
 * connection. Where the statement fails for what one of them asks, each is asked for alone; throws DatabaseBusy when it
 * takes too long until the turn comes.
 */
export function gather<Ask, Answer>(
  run: (asks: Ask[]) => Promise<Answer[]>,
  keyOf: (ask: Ask) => unknown = (ask) => ask,
): (ask: Ask) => Promise<Answer> {
  const waiting: Waiting<Ask, Answer>[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) await answer(waiting.splice(0, countNext()));
    isRunning = false;
  }

  function countNext(): number {
    const keys = new Set<unknown>();
    const next = waiting.findIndex(
      ({ ask }) => keys.size === most || keys.size === keys.add(keyOf(ask)).size,
    );
    return next === -1 ? waiting.length : next;
  }

  async function answer(all: Waiting<Ask, Answer>[]): Promise<void> {
    const latest = performance.now() - patience;
    const late = all.filter(({ since }) => since < latest);
    for (const { reject } of late) reject(new DatabaseBusy());
    const asked = late.length > 0 ? all.filter((one) => !late.includes(one)) : all;
    if (asked.length === 0) return;
    try {
      const answers = await run(asked.map(({ ask }) => ask));
      for (const [index, { resolve }] of asked.entries()) resolve(answers[index]!);
    } catch (error) {
      if (asked.length === 1 || isDatabaseAway(error)) for (const { reject } of asked) reject(error);
      else for (const one of asked) await answer([one]);
    }
  }

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, since: performance.now(), resolve, reject });
      if (!isRunning) void runAll();
    });
}
