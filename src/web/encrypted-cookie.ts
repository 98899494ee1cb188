// An encrypted cookie: unreadable and unforgeable even with the signing keys that a database copy holds.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Encryption } from '../secrets/encryption.ts';
import { cookieName, cookieOptions, setSignedCookie, type SignedKind, type Site } from './cookies.ts';

export interface EncryptedCookie<T> {
  write(res: Response, value: T): void;
  read(req: Request): T | undefined; // if absent, expired or not written here
  forget(res: Response): void;
}

export function encryptedCookie<T>(
  encryption: Encryption,
  site: Site,
  kind: SignedKind,
  schema: z.ZodType<T>,
  lastsMs: number,
): EncryptedCookie<T> {
  const name = cookieName(site, kind);
  const options = cookieOptions(site);
  const place = `cookie ${kind}`;
  const content = z.object({ at: z.int(), value: schema });
  return {
    write(res, value) {
      const written = Buffer.from(JSON.stringify({ at: Date.now(), value }));
      const encrypted = encryption.encrypt(place, written).toString('base64url');
      setSignedCookie(res, site, kind, encrypted, { maxAge: lastsMs });
    },
    read(req) {
      const encrypted = z.string().safeParse(req.signedCookies[name]).data;
      const written = encrypted && encryption.decrypt(place, Buffer.from(encrypted, 'base64url'));
      if (!written) return undefined;
      const { at, value } = content.parse(JSON.parse(written.toString()));
      return Date.now() - at < lastsMs ? value : undefined;
    },
    forget(res) {
      res.clearCookie(name, options);
    },
  };
}
