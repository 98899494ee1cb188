// An encrypted cookie: unreadable and unforgeable even with the signing keys that a database copy holds.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { WebContext } from './context.ts';
import type { SignedKind } from './cookies.ts';

export interface EncryptedCookie<T> {
  write(ctx: WebContext, res: Response, value: T): void;
  read(ctx: WebContext, req: Request): T | undefined; // if absent, expired or not written here
  clear(ctx: WebContext, res: Response): void;
}

export function encryptedCookie<T>(
  kind: SignedKind,
  schema: z.ZodType<T>,
  maxAge: number, // ms
): EncryptedCookie<T> {
  const context = `cookie ${kind}`;
  const content = z.object({ at: z.int(), value: schema });
  return {
    write({ cookies, encryption }, res, value) {
      const written = Buffer.from(JSON.stringify({ at: Date.now(), value }));
      cookies.set(res, kind, encryption.encrypt(context, written).toString('base64url'), { maxAge });
    },
    read({ cookies, encryption }, req) {
      const encrypted = z.string().safeParse(cookies.read(req, kind)).data;
      const written = encrypted && encryption.decrypt(context, Buffer.from(encrypted, 'base64url'));
      if (!written) return undefined;
      const { at, value } = content.parse(JSON.parse(written.toString()));
      return Date.now() - at < maxAge ? value : undefined;
    },
    clear: ({ cookies }, res) => cookies.clear(res, kind),
  };
}
