// Statements that cost less together: what is asked for while an answer is under way goes as one with the next.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { DatabaseBusy, isDatabaseAway, type Database, type Pool } from './pool.ts';
import { withConnection } from './transaction.ts';

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
/** Milliseconds. */
const patience = 1000;

/**
 * Those who ask in the same turn of the event loop, or while an answer is under way, go together in the order in which
 * they came. `run` answers each in its place. All of them take one connection, which is kept while anybody waits. Where
 * `run` fails for what one of them asks, each is tried alone; where the database is away, or busy for too long, all who
 * wait are told so.
 */
export function gather<Ask, Answer>(
  pool: Pool,
  run: (db: Database, asks: Ask[]) => Promise<Answer[]>,
  { keyOf = () => Symbol(), weightOf = () => 1 }: Asked<Ask> = {},
): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      await endOfTurn(); // by then all requests have been read that are there already
      await withConnection(pool, answerAll).catch((error: unknown) => refuse(waiting.splice(0), error));
    }
    isRunning = false;
  }

  async function answerAll(db: Database, giveUp: (error: Error) => void): Promise<void> {
    while (waiting.length > 0) {
      const next = takeNext();
      try {
        if (next.length > 0) await answer(db, next);
      } catch (error) {
        refuse(next, error); // who has been answered does not notice
        giveUp(error as Error);
        throw error;
      }
      await endOfTurn();
    }
  }

  /** Throws when there is no answer for anybody. */
  async function answer(db: Database, asked: Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const asks = asked.map(({ ask }) => ask);
      const answers = await run(db, asks);
      for (const [index, { resolve }] of asked.entries()) resolve(answers[index]!);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      if (asked.length === 1) refuse(asked, error);
      else for (const one of asked) await answer(db, [one]);
    }
  }

  function takeNext(): Waiting<Ask, Answer>[] {
    const latest = performance.now() - patience;
    const next = new Map<unknown, Waiting<Ask, Answer>>();
    let weight = 0;
    waiting = waiting.filter((one) => {
      if (one.since < latest) {
        one.reject(new DatabaseBusy());
        return false;
      }
      const key = keyOf(one.ask);
      const heavier = weight + weightOf(one.ask);
      if (next.has(key) || (next.size > 0 && heavier > most)) return true;
      weight = heavier;
      next.set(key, one);
      return false;
    });
    return [...next.values()];
  }

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, since: performance.now(), resolve, reject });
      if (!isRunning) void runAll();
    });
}

function refuse(asked: { reject: (error: unknown) => void }[], error: unknown): void {
  for (const { reject } of asked) reject(error);
}
