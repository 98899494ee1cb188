// The context of exports and imports.
import type { AccountsContext } from '../accounts/context.ts';
import type { ImportJobs } from './imports/jobs.ts';

export interface TransfersContext extends AccountsContext {
  importJobs: ImportJobs;
}
