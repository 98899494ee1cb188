// Writes what the operator does on the command line into the log, every minute.
import { logCommandLineActs } from '../admin/act-log.ts';
import type { WebContext } from '../web/context.ts';
import { repeat } from './repeat.ts';

export function startCommandLineActs(ctx: WebContext): { close(): void } {
  return repeat(ctx.log, () => logCommandLineActs(ctx), { firstAfterMs: 5000, everyMs: 60_000 });
}
