// Statements that cost less together: what is asked for while an answer is under way goes as one with the next.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { DatabaseBusy, isDatabaseAway } from './pool.ts';

interface Waiting<Ask, Answer> {
  ask: Ask;
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

interface Asked<Ask> {
  /** Two with the same key never go together: of somebody with many, the others wait, and nobody else. */
  keyOf?: (ask: Ask) => unknown;
  /** How much one is; as many go together as are no more than `most`, or one alone that is more. */
  weightOf?: (ask: Ask) => number;
}

/** With so many, what a statement costs in itself hardly counts any more, and it still takes a few milliseconds. */
const most = 16;
/** Milliseconds: as for a connection (pool.ts). */
const patience = 1200;

/**
 * Those who ask in the same turn of the event loop, or while an answer is under way, go together in the order in which
 * they came. `run` answers each in its place; all of them take one connection. Where it fails for what one of them asks,
 * each is tried alone. Throws DatabaseBusy when it takes too long until the turn comes.
 */
export function gather<Ask, Answer>(
  run: (asks: Ask[]) => Promise<Answer[]>,
  { keyOf = () => Symbol(), weightOf = () => 1 }: Asked<Ask> = {},
): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      await endOfTurn(); // by then all requests have been read that are there already
      await answer(takeNext());
    }
    isRunning = false;
  }

  function takeNext(): Waiting<Ask, Answer>[] {
    const next = new Map<unknown, Waiting<Ask, Answer>>();
    let weight = 0;
    waiting = waiting.filter((one) => {
      const key = keyOf(one.ask);
      const heavier = weight + weightOf(one.ask);
      if (next.has(key) || (next.size > 0 && heavier > most)) return true;
      weight = heavier;
      next.set(key, one);
      return false;
    });
    return [...next.values()];
  }

  async function answer(all: Waiting<Ask, Answer>[]): Promise<void> {
    const asked = all.filter(({ since, reject }) => {
      const isLate = performance.now() - since > patience;
      if (isLate) reject(new DatabaseBusy());
      return !isLate;
    });
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
