// Batches concurrent calls into one statement.
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
  /** Calls with the same key never share a batch, so a user with many calls delays nobody else. */
  keyOf?: (ask: Ask) => unknown;
  weightOf?: (ask: Ask) => number; // in total at most `most`, unless one alone weighs more
}

export const maxBatchSize = 16; // overhead is negligible, and a statement still takes only a few milliseconds
export const batchPatience = 1000; // ms

/** `run` returns the answers in call order, or fails for all. Throws DatabaseBusy if a call waits too long. */
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
      await endOfTurn(); // joins requests that have already arrived
      // One connection, held while calls wait; without it, every call fails.
      await withConnection(pool, answerAll).catch((error: unknown) => refuse(waiting.splice(0), error));
    }
    isRunning = false;
  }

  async function answerAll(db: Database, discard: (error: Error) => void): Promise<void> {
    while (waiting.length > 0) {
      const group = takeNext();
      try {
        if (group.length > 0) await answer(db, group);
      } catch (error) {
        refuse(group, error);
        return discard(error as Error); // the remaining calls get another connection
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
    const latest = performance.now() - batchPatience;
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
      if (!isFirst || (group.length > 0 && heavier > maxBatchSize)) return true;
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
