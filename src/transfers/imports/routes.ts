// Routes of imports: /account/import with its form, progress and result.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { ownSid } from '../../accounts/account-routes.ts';
import { isConfirmed, requireConfirmed } from '../../accounts/confirm-password.ts';
import type { TransfersContext } from '../context.ts';
import { allowOnly } from '../../web/errors.ts';
import { blankForm, parseForm, rejectField, type Form } from '../../web/forms.ts';
import { signedIn } from '../../sessions/session.ts';
import { describeProgress, describeResult } from './describe.ts';
import { addressesIn, importForm } from './import-form.ts';
import { dismissImport, endImport, findImport, type ImportJob } from './job-queries.ts';
import type { ImportJobs } from './jobs.ts';
import { Unreadable } from './unreadable.ts';

// In bytes: each piece of this size restarts the body timeout of 30 s.
export const pieceSize = 500_000;
const cancelForm = z.object({ job: z.uuid() });

export function importRoutes({ pool, importJobs }: TransfersContext): Router {
  const router = Router();
  const guard = requireConfirmed('/account/import');

  router
    .route('/account/import')
    .get(async (req, res) => {
      const job = await findImport(pool, signedIn(req).id);
      // Progress and results need no confirmed password: they only show, and import nothing.
      if (job) showJob(req, res, job);
      else guard(req, res, () => showForm(res, blankForm()));
    })
    .post(guard, async (req, res) => {
      const form = parseForm(importForm, req.body);
      if (!form.ok) return showForm(res.status(422), rejectField(form, 'file', chooseFile(req)));
      try {
        await startImport(importJobs, req, form.values.addresses);
        res.redirect(303, '/account/import');
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        showForm(res.status(422), rejectField(form, 'file', `${error.message} Nothing was imported.`));
      }
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/account/import/cancel')
    .post(async (req, res) => {
      const form = parseForm(cancelForm, req.body);
      const key = { userId: signedIn(req).id, job: form.ok ? form.values.job : '' };
      if (form.ok) await endImport(pool, key, { outcome: 'cancelled' });
      res.redirect(303, '/account/import');
    })
    .all(allowOnly('POST'));

  router
    .route('/account/import/dismiss')
    .post(async (req, res) => {
      await dismissImport(pool, signedIn(req).id);
      res.redirect(303, '/account');
    })
    .all(allowOnly('POST'));
  return router;
}

/** Browsers do not show a chosen file again. */
function chooseFile({ upload }: Request): string {
  return upload ? 'Please choose the file again.' : 'Please choose a file.';
}

async function startImport(jobs: ImportJobs, req: Request, typedAddresses: string): Promise<void> {
  const { upload } = req;
  if (!upload) throw new Unreadable('Please choose a file.');
  let size = 0;
  await jobs.start({
    userId: signedIn(req).id,
    sid: ownSid(req),
    stream: upload,
    size: Number(req.get('Content-Length') ?? 0),
    arrived: (bytes) => {
      if (Math.floor(size / pieceSize) < Math.floor((size += bytes) / pieceSize)) req.stillComing?.();
    },
    typedAddresses,
    ownAddresses: addressesIn(typedAddresses),
  });
}

function showForm(res: Response, form: Form): void {
  res.render('transfers/imports/import', { form, result: undefined });
}

function showJob(req: Request, res: Response, { result, ...job }: ImportJob): void {
  if (!result)
    return res.render('transfers/imports/progress', {
      ...describeProgress({ ...job, result }),
      job: job.job,
    });
  const form = isConfirmed(req) ? blankForm({ addresses: job.ownAddresses }) : undefined;
  res.render('transfers/imports/import', { form, result: describeResult(result) });
}
