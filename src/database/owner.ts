// Whose rows the statements of a request may touch: row-level security (migrations/0022) asks app.owner_id for it.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { NextFunction, Request, Response } from 'express';

interface Scope {
  owner: string;
}

/** For statements that belong to nobody; row-level security refuses them with an error, whatever table they name. */
export const noOwner = '';
const system = 'system';
const scopes = new AsyncLocalStorage<Scope>();

/** What `work` asks the database sees this person's rows alone, whoever is signed in. */
export function asOwner<T>(ownerId: string, work: () => T): T {
  return scopes.run({ owner: ownerId }, work);
}

/** What `work` asks the database sees everybody's rows: for what rightly touches several people, and for nothing else. */
export function asSystem<T>(work: () => T): T {
  return scopes.run({ owner: system }, work);
}

/** At the beginning of a request: it belongs to nobody until `becomeOwner`. */
export function forNobody(req: Request, res: Response, next: NextFunction): void {
  scopes.run({ owner: noOwner }, next);
}

/** From here on the request is this person's, who has proved it. */
export function becomeOwner(ownerId: string): void {
  const scope = scopes.getStore();
  if (scope) scope.owner = ownerId;
}

/** The value of app.owner_id for what is asked now. */
export function currentOwner(): string {
  return scopes.getStore()?.owner ?? noOwner;
}
