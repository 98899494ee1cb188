// Heartbeat of a running import: keeps its row current, and aborts the import when it must end.
import type { Pool } from '../../database/pool.ts';
import { keepImport, type ImportResult, type JobKey, type JobProgress, type Phase } from './job-queries.ts';

const beatMs = 1000;

type Outcome = Exclude<ImportResult['outcome'], 'imported' | 'refused'>;

export class Stopped extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(`The import was ${outcome}.`);
    this.outcome = outcome;
  }
}

export interface Heartbeat {
  progress: JobProgress;
  enter: (phase: Phase) => Promise<void>;
  signal: AbortSignal;
  stop: (reason: Error) => void;
  /** For when the row says that the import must end: aborts it, and returns the error to throw. */
  stopped: () => unknown;
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
  const stopped = (): unknown => {
    abort.abort(new Stopped('stopped'));
    return abort.signal.reason;
  };
  const beat = async () => {
    isBeating = true;
    try {
      if (!(await keepImport(pool, key, progress))) stopped();
    } catch {
      // One missed beat is harmless. If the database stays down, the import fails by itself and its row expires.
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
      await beats; // a beat in flight may still write the previous phase
      await beat();
    },
    signal: abort.signal,
    stop: (reason) => abort.abort(reason),
    stopped,
    end: () => clearInterval(timer),
  };
}
