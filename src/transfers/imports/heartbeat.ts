// Keeps the row of a running import current, and aborts the import when it must end.
import type { Pool } from '../../database/pool.ts';
import { keepImport, type ImportResult, type JobKey, type JobProgress, type Phase } from './job-queries.ts';

const beatMs = 1000;

type Outcome = Exclude<ImportResult['outcome'], 'imported' | 'refused'>;

/** Why an import was ended from outside. */
export class Stopped extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(`The import was ${outcome}.`);
    this.outcome = outcome;
  }
}

export interface Heartbeat {
  /** What the row says after the next beat; the import changes it as it goes. */
  progress: JobProgress;
  /** Enters the next phase; when it resolves, the row says so. */
  enter: (phase: Phase) => Promise<void>;
  /** Aborted when the import has been cancelled or must end. */
  signal: AbortSignal;
  stop: (reason: Error) => void;
  /** For when its row says that it must end: the error to end with. */
  stopped: () => unknown;
  /** No further beats. */
  end: () => void;
}

export function startHeartbeat(pool: Pool, key: JobKey, bytesTotal: number): Heartbeat {
  const abort = new AbortController();
  const progress: JobProgress = {
    phase: 'uploading',
    bytesRead: 0,
    bytesTotal,
    messagesWritten: 0,
    messagesTotal: 0,
  };
  let beats = Promise.resolve();
  let isBeating = false;
  // Where it was cancelled, the row has its result already and keeps that.
  const stopped = (): unknown => {
    abort.abort(new Stopped('stopped'));
    return abort.signal.reason;
  };
  const beat = async () => {
    isBeating = true;
    try {
      if (!(await keepImport(pool, key, progress))) stopped();
    } catch {
      // One beat too few. If the database stays away, the import fails by itself and its row is no longer alive.
    }
    isBeating = false;
  };
  const timer = setInterval(() => {
    if (!isBeating) beats = beat();
  }, beatMs);
  return {
    progress,
    enter: async (phase) => {
      progress.phase = phase;
      await beats; // one under way may still say the phase before
      await beat();
    },
    signal: abort.signal,
    stop: (reason) => abort.abort(reason),
    stopped,
    end: () => clearInterval(timer),
  };
}
