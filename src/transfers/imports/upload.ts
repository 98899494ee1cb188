// A form with a file: its fields are read like any form's, and the file waits until the route takes it.
import { Busboy } from '@fastify/busboy';
import type { NextFunction, Request, Response } from 'express';
import { HttpError } from '../../web/errors.ts';

/** Of a file, in bytes: more than any file of an export has, whatever is in the mailbox (see exports/parts.ts). */
export const uploadLimit = 2_000_000_000;
/** What the form may have around the file, in bytes. */
export const formOverhead = 20_000;

const limits = {
  fieldNameSize: 100,
  fieldSize: 4000,
  fields: 5,
  files: 1,
  parts: 6,
  headerPairs: 20,
  headerSize: 8000,
};

/**
 * Reads up to the file, so that the guard of forms finds its token in `req.body`; the file comes after it and is read by
 * nobody until the route has let it in. Only for who is signed in: whatever strangers send is not looked at.
 */
export function receiveUpload(req: Request, res: Response, next: NextFunction): void {
  if (!req.user || !req.is('multipart/form-data')) return next();
  const form = openForm(req);
  const fields = new Map<string, string>();
  let isPassedOn = false;
  const passOn = (error?: Error) => {
    if (isPassedOn) return;
    isPassedOn = true;
    req.body = Object.fromEntries(fields);
    next(error);
  };
  form.on('field', (name, value) => fields.set(name, value));
  form.on('file', (_name, stream) => {
    req.upload = stream;
    stream.on('error', () => {}); // said to whoever reads it
    passOn();
  });
  form.on('finish', () => passOn());
  form.on('error', () => {
    req.upload?.destroy(notWhole());
    passOn(new HttpError(400, 'This form did not arrive whole. Nothing was changed.'));
  });
  req.on('close', () => {
    if (!req.complete) req.upload?.destroy(notWhole());
  });
  // An answer may come before the end: the rest is read and forgotten, so that the browser comes to see the answer.
  res.on('finish', () => {
    req.unpipe(form);
    req.resume();
  });
  req.pipe(form);
}

function notWhole(): HttpError {
  return new HttpError(400, 'The file did not arrive whole. Nothing was imported.');
}

function openForm(req: Request) {
  try {
    const headers = { ...req.headers, 'content-type': req.headers['content-type']! };
    return new Busboy({ headers, limits: { ...limits, fileSize: uploadLimit } });
  } catch {
    throw new HttpError(400, 'This form is broken. Nothing was changed.');
  }
}
