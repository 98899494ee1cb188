// Taking everything along: GET and POST /account/export.
import { Router, type Request, type Response } from 'express';
import { ownSid } from '../accounts/account-routes.ts';
import type { Proof } from '../accounts/proof.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { allowOnly } from '../web/errors.ts';
import { signedIn } from '../web/session.ts';
import { writeAccount } from './account-file.ts';
import { sendArchive } from './archive.ts';
import { writeHtml } from './html-file.ts';
import { writeJson } from './json-file.ts';
import { writeMbox } from './mbox-file.ts';
import { findRun } from './queries.ts';
import { beginRun } from './run.ts';

const writers = { 'messages.json': writeJson, 'mailbox.mbox': writeMbox, 'messages.html': writeHtml };

const refusals = {
  'one is being made': 'One export is being made already. When it is done, you can ask for another one.',
  'an import is being written':
    'An import of yours is being written. When it is done, you can ask for an export.',
};

export function exportRoutes(pool: Pool, config: Config, proof: Proof): Router {
  const router = Router();

  const showExport = async (req: Request, res: Response, refusal = '') => {
    res.render('exports/export', { progress: await findRun(pool, signedIn(req).id), refusal });
  };

  router
    .route('/account/export')
    .all(proof.require('/account/export'))
    .get((req, res) => showExport(req, res))
    .post(async (req, res) => {
      const { id, username } = signedIn(req);
      const run = await beginRun(pool, id, ownSid(req), Object.keys(writers).length);
      if (typeof run === 'string') return showExport(req, res.status(409), refusals[run]);

      res.set({
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="${username}-${today()}.zip"`,
        'X-Accel-Buffering': 'no', // private words are not put on a proxy's disk
      });
      const files = Object.entries(writers).map(([name, write]) => ({
        name,
        write: () => write(run.readCopies()),
      }));
      files.unshift({ name: 'account.json', write: () => writeAccount(pool, id, config.publicUrl) });
      try {
        await sendArchive(files, res, run.signal, async () => {
          await run.confirm();
          await run.end(); // whoever has the last byte may ask for the next one
        });
      } catch (error) {
        // Whoever breaks a download off is not a fault of ours.
        if (!res.closed && !run.signal.aborted) throw error;
        res.destroy();
      } finally {
        await run.end();
      }
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
