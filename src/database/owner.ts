// The owner whose rows a request may touch, for row-level security by app.owner_id (migrations/0022).
import { AsyncLocalStorage } from 'node:async_hooks';
import type { NextFunction, Request, Response } from 'express';

interface Scope {
  owner: string;
}

export const noOwner = ''; // row-level security refuses every table with an error
const system = 'system';
const scopes = new AsyncLocalStorage<Scope>();

/** Statements in `work` see only the rows of this user, whoever is signed in. */
export function asOwner<T>(ownerId: string, work: () => T): T {
  return scopes.run({ owner: ownerId }, work);
}

/** Statements in `work` see all rows: only for what legitimately spans several users. */
export function asSystem<T>(work: () => T): T {
  return scopes.run({ owner: system }, work);
}

export function forNobody(req: Request, res: Response, next: NextFunction): void {
  scopes.run({ owner: noOwner }, next);
}

/** Sets the owner of the request, who must be authenticated. */
export function becomeOwner(ownerId: string): void {
  const scope = scopes.getStore();
  if (scope) scope.owner = ownerId;
}

export function currentOwner(): string {
  return scopes.getStore()?.owner ?? noOwner;
}
