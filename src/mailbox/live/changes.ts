// What has changed in a mailbox, how processes tell each other (the payload of a NOTIFY), and which changes were last.

/** 'arrivals': nothing but new messages, or a session; 'drafts': the drafts alone; 'messages': any list. */
export type Change = 'arrivals' | 'drafts' | 'messages';

export interface Notice {
  ownerId: string;
  change: Change;
  /** When it changed, in milliseconds since 1970. */
  at: number;
}

/** The list that an open page shows, if any. */
export type List = Exclude<Change, 'arrivals'>;

export function concerns(change: Change, list: List | undefined): boolean {
  return list !== undefined && (change === 'messages' || change === list);
}

/** A payload has room for 8,000 bytes (PostgreSQL manual, NOTIFY): no more notices than these in one. */
export const noticesInPayload = 120;

export function writePayload(notices: Notice[]): string {
  return notices
    .map(({ ownerId, change, at }) => (change === 'arrivals' ? ownerId : `${ownerId}/${change}/${at}`))
    .join(' ');
}

export function readPayload(payload: string): Notice[] {
  return payload.split(' ').map((notice) => {
    const [ownerId = '', change = 'arrivals', at] = notice.split('/');
    return { ownerId, change: change as Change, at: Number(at ?? Date.now()) };
  });
}

/** Changes of the last minute: a page that is shown opens its stream a moment later and must miss nothing in between. */
export class RecentChanges {
  readonly #latest = new Map<string, Notice>();
  #knownSince = Date.now();

  add(notice: Notice): void {
    if (notice.change === 'arrivals') return;
    const key = `${notice.ownerId}/${notice.change}`;
    this.#latest.delete(key); // the map stays in the order of time
    this.#latest.set(key, notice);
  }

  /** Something may have been missed: pages made before now must look for themselves. */
  lose(): void {
    this.#latest.clear();
    this.#knownSince = Date.now();
  }

  forget(olderThanMs: number): void {
    const limit = Date.now() - olderThanMs;
    this.#knownSince = Math.max(this.#knownSince, limit);
    for (const [key, { at }] of this.#latest) {
      if (at >= limit) return;
      this.#latest.delete(key);
    }
  }

  /** Whether this list may have changed since a page with it was made. */
  isStale(ownerId: string, list: List | undefined, madeAt: number): boolean {
    if (!list) return false;
    if (madeAt < this.#knownSince || madeAt > Date.now() + 1000) return true;
    const changes = [`${ownerId}/messages`, `${ownerId}/${list}`].map(
      (key) => this.#latest.get(key)?.at ?? 0,
    );
    return changes.some((at) => at > madeAt);
  }
}
