// Multipart upload middleware: parses the fields, and leaves the file stream for the route.
import { Busboy } from '@fastify/busboy';
import type { NextFunction, Request, Response } from 'express';
import { HttpError } from '../../web/errors.ts';

/** Max file size in bytes; exports split their files to stay below it (see exports/parts.ts). */
export const maxUploadBytes = 2_000_000_000;
export const formOverhead = 20_000; // max bytes of the form besides the file

const limits = {
  fieldNameSize: 100,
  fieldSize: 4000,
  fields: 5,
  files: 1,
  parts: 6,
  headerPairs: 20,
  headerSize: 8000,
};

/** Leaves the file unread until the CSRF check has seen the fields in `req.body`. Anonymous bodies are never parsed. */
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
    stream.on('error', () => {}); // reported to the reader of the stream
    passOn();
  });
  form.on('finish', () => passOn());
  form.on('error', () => {
    req.upload?.destroy(notWhole());
    passOn(new HttpError(400, 'This form arrived incomplete. Nothing was changed.'));
  });
  req.on('close', () => {
    if (!req.complete) req.upload?.destroy(notWhole());
  });
  // After an early response the rest of the body is read and discarded, so that the browser gets to see the response.
  res.on('finish', () => {
    req.unpipe(form);
    req.resume();
  });
  req.pipe(form);
}

function notWhole(): HttpError {
  return new HttpError(400, 'The file arrived incomplete. Nothing was imported.');
}

function openForm(req: Request) {
  try {
    const headers = { ...req.headers, 'content-type': req.headers['content-type']! };
    return new Busboy({ headers, limits: { ...limits, fileSize: maxUploadBytes } });
  } catch {
    throw new HttpError(400, 'This form is malformed. Nothing was changed.');
  }
}
