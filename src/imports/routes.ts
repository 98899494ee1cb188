// Bringing messages along from elsewhere: GET and POST /account/import.
import { Router, type Request, type Response } from 'express';
import { ownSid } from '../accounts/account-routes.ts';
import type { Proof } from '../accounts/proof.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { Bell } from '../live/bell.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { blankForm, rejectField, type Form } from '../web/forms.ts';
import { signedIn } from '../web/session.ts';
import { inSentences } from './import-report.ts';
import { createPlaces, type Places } from './places.ts';
import { spool } from './spool.ts';
import { Unreadable } from './unreadable.ts';
import { checkMessages, writeMessages, type Imported } from './write.ts';

interface ImportParts {
  pool: Pool;
  config: Config;
  proof: Proof;
  flash: Flash;
  bell: Bell;
}

// A body is cut off when nothing comes for half a minute; each piece of this size, in bytes, gains another one.
const pieceSize = 500_000;
// Until all is written nothing is said to the browser.
const longestMs = 10 * 60_000;

export function importRoutes({ pool, config, proof, flash, bell }: ImportParts): Router {
  const router = Router();
  const places = createPlaces();

  router
    .route('/account/import')
    .all(proof.require('/account/import'))
    .get((req, res) => showImport(res, blankForm()))
    .post(async (req, res) => {
      res.setTimeout(longestMs);
      try {
        const { id } = signedIn(req);
        const signal = whileWaitedFor(res);
        const imported = await places.take(id, () => importUpload({ pool, config, places }, req, signal));
        bell.ring([id]);
        flash(res, { line: inWords(imported) });
        res.redirect(303, '/account/import');
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        const form = rejectField(blankForm(), 'file', `${error.message} Nothing was imported.`);
        showImport(res.status(422), form);
      }
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

/** Aborted when the connection closes without an answer: the browser has gone away, or the longest time is over. */
function whileWaitedFor(res: Response): AbortSignal {
  const stop = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) stop.abort(new HttpError(400, 'Nobody waits for this import any more.'));
  });
  return stop.signal;
}

async function importUpload(
  { pool, config, places }: Pick<ImportParts, 'pool' | 'config'> & { places: Places },
  req: Request,
  signal: AbortSignal,
): Promise<Imported> {
  const { upload } = req;
  if (!upload) throw new Unreadable('Please choose a file.');
  let size = 0;
  const file = await spool(upload, (bytes) => {
    if (Math.floor(size / pieceSize) < Math.floor((size += bytes) / pieceSize)) req.stillComing?.();
  });
  try {
    if (upload.truncated) throw new Unreadable('This file is larger than 200 MB.');
    if (size === 0) throw new Unreadable('Please choose a file that is not empty.');
    const mailbox = { ownerId: signedIn(req).id, limit: config.mailboxMessages };
    return await places.inTurn(async () => {
      signal.throwIfAborted();
      await checkMessages(pool, mailbox, { file, signal });
      return writeMessages(pool, mailbox, ownSid(req), { file, signal });
    });
  } finally {
    await file.close();
  }
}

function inWords({ total, added, report }: Imported): string {
  const there = total - added;
  const number = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'message' : 'messages'}`;
  const lines = [
    added === 0 ? 'Nothing was imported' : `Imported ${number(added)}`,
    there > 0 ? `; ${number(there)} ${there === 1 ? 'was' : 'were'} here already` : '',
  ];
  return [`${lines.join('')}.`, inSentences(report)].filter(Boolean).join(' ');
}

function showImport(res: Response, form: Form): void {
  res.render('imports/import', { form });
}
