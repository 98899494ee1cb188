// Statements that cost less together: what is asked for while an answer is under way goes as one with the next.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { DatabaseBusy, type Database, type Pool } from './pool.ts';
import { withConnection } from './transaction.ts';

interface Waiting<Ask, Answer> {
  ask: Ask;
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

interface Grouping<Ask> {
  /** Two with the same key never go together: of somebody with many, the others wait, and nobody else. */
  keyOf?: (ask: Ask) => unknown;
  /** How much one is; as many go together as are no more than `most`, or one alone that is more. */
  weightOf?: (ask: Ask) => number;
}

/** With so many, what a statement costs in itself hardly counts any more, and it still takes a few milliseconds. */
const most = 16;
/** Milliseconds. */
const patience = 1000;

/**
 * Those who ask in the same turn of the event loop, or while an answer is under way, go together, in the order in which
 * they came as far as keys and weights allow. `run` answers each in its place, or fails for all of them. They take one
 * connection, which is kept while anybody waits. Throws DatabaseBusy when it takes too long until the turn comes.
 */
export function batch<Ask, Answer>(
  pool: Pool,
  run: (db: Database, asks: Ask[]) => Promise<Answer[]>,
  { keyOf = () => Symbol('nobody else’s'), weightOf = () => 1 }: Grouping<Ask> = {},
): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      await endOfTurn(); // by then all requests have been read that are there already
      // Where no connection is to be had, there is none for anybody.
      await withConnection(pool, answerAll).catch((error: unknown) => refuse(waiting.splice(0), error));
    }
    isRunning = false;
  }

  /** Until nobody waits; after a failure the others go on with another connection. */
  async function answerAll(db: Database, discard: (error: Error) => void): Promise<void> {
    while (waiting.length > 0) {
      const group = takeNext();
      try {
        if (group.length > 0) await answer(db, group);
      } catch (error) {
        refuse(group, error);
        return discard(error as Error);
      }
      await endOfTurn();
    }
  }

  async function answer(db: Database, group: Waiting<Ask, Answer>[]): Promise<void> {
    const asks = group.map(({ ask }) => ask);
    const answers = await run(db, asks);
    for (const [index, { resolve }] of group.entries()) resolve(answers[index]!);
  }

  function takeNext(): Waiting<Ask, Answer>[] {
    const latest = performance.now() - patience;
    const group: Waiting<Ask, Answer>[] = [];
    const keys = new Set<unknown>();
    let weight = 0;
    waiting = waiting.filter((one) => {
      if (one.since < latest) {
        one.reject(new DatabaseBusy());
        return false;
      }
      const isFirst = keys.size < keys.add(keyOf(one.ask)).size;
      const heavier = weight + weightOf(one.ask);
      if (!isFirst || (group.length > 0 && heavier > most)) return true;
      weight = heavier;
      group.push(one);
      return false;
    });
    return group;
  }

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, since: performance.now(), resolve, reject });
      if (!isRunning) void runAll();
    });
}

function refuse(group: { reject: (error: unknown) => void }[], error: unknown): void {
  for (const { reject } of group) reject(error);
}
