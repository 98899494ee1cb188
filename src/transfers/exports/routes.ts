// Export routes: GET and POST /account/export.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { ownSid } from '../../accounts/account-routes.ts';
import { requireConfirmed } from '../../accounts/confirm-password.ts';
import { lowestId, timeOf } from '../../ids.ts';
import { maxUploadBytes } from '../imports/upload.ts';
import { createKeyedLimiter } from '../../concurrency/limiter.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { parseForm } from '../../web/forms.ts';
import { signedIn } from '../../sessions/session.ts';
import { writeAccount } from './account-file.ts';
import { sendArchive } from './archive.ts';
import { writeHtml } from './html-file.ts';
import { writeJson } from './json-file.ts';
import { writeMbox } from './mbox-file.ts';
import { findExport, type PartStart } from './queries.ts';
import { beginRun } from './run.ts';

const writers = { 'messages.json': writeJson, 'mailbox.mbox': writeMbox, 'messages.html': writeHtml };

const refusals = {
  'one is being made': 'An export is running already. Please wait until it is done.',
  'an import is running': 'An import is running. Please wait until it is done.',
};

const partForm = z.object({
  part: z.coerce.number().int().min(1).max(10_000).default(1),
  after: z.uuid().default(lowestId),
  again: z.string().optional(), // restarts with the first part
});

export function exportRoutes({ config, pool, site, encryption }: WebContext): Router {
  const router = Router();
  // Pauses between exports of one user leave capacity to others (`npm run faults -- hostile-forms`).
  const limit = createKeyedLimiter(1, { rest: (ms) => Math.min(4 * ms, 2000) });

  const showExport = async (req: Request, res: Response, refusal = '') => {
    const { next, ...state } = await findExport(pool, signedIn(req).id);
    const shown = next && { ...next, upTo: new Date(timeOf(next.after)) };
    res.render('transfers/exports/export', { ...state, next: shown, limit: maxUploadBytes, refusal });
  };

  router
    .route('/account/export')
    .all(requireConfirmed('/account/export'))
    .get((req, res) => showExport(req, res))
    .post(async (req, res) => {
      const { id, username } = signedIn(req);
      const start = partIn(req);
      const run = await beginRun(pool, id, ownSid(req), start, Object.keys(writers).length);
      if (typeof run === 'string') return showExport(req, res.status(409), refusals[run]);

      res.set({
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="${fileName(username, start, run.hasMore)}"`,
        'X-Accel-Buffering': 'no', // keeps private messages off a proxy's disk
      });
      const files = Object.entries(writers).map(([name, write]) => ({
        name,
        write: () => write(run.readCopies(), site.name),
      }));
      files.unshift({ name: 'account.json', write: () => writeAccount({ pool, config, encryption }, id) });
      try {
        await limit(id, () =>
          sendArchive(files, res, run.signal, async () => {
            await run.confirm();
            await run.end(true); // before the last byte, after which the client may request the next part
          }),
        );
      } catch (error) {
        // A download cancelled by the client is not an error.
        if (!res.closed && !run.signal.aborted) throw error;
        res.destroy();
      } finally {
        await run.end();
      }
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function partIn(req: Request): PartStart {
  const form = parseForm(partForm, req.body);
  return form.ok && !form.values.again ? form.values : { part: 1, after: lowestId };
}

function fileName(username: string, { part }: PartStart, hasMore: boolean): string {
  return `${username}-${today()}${part > 1 || hasMore ? `-part-${part}` : ''}.zip`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
