// Mailbox changes: the payload of NOTIFY, and the most recent changes.

/** 'arrivals': only new messages, or a session; 'drafts': only drafts; 'messages': any list. */
export type Change = 'arrivals' | 'drafts' | 'messages';

export interface Notice {
  ownerId: string;
  change: Change;
  /** Milliseconds since 1970. */
  at: number;
}

export type List = Exclude<Change, 'arrivals'>;

export function concerns(change: Change, list: List | undefined): boolean {
  return list !== undefined && (change === 'messages' || change === list);
}

/** Keeps a payload below the limit of 8,000 bytes (PostgreSQL manual, NOTIFY). */
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

/** Changes of the last minute: a page opens its stream a moment after it was read, and must not miss any in between. */
export class RecentChanges {
  readonly #latest = new Map<string, Notice>();
  #knownSince = Date.now();

  add(notice: Notice): void {
    if (notice.change === 'arrivals') return;
    const key = `${notice.ownerId}/${notice.change}`;
    this.#latest.delete(key); // keeps the map in order of time
    this.#latest.set(key, notice);
  }

  /** Changes may have been missed: pages made before now must refresh. */
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

  isStale(ownerId: string, list: List | undefined, madeAt: number): boolean {
    if (!list) return false;
    if (madeAt < this.#knownSince || madeAt > Date.now() + 1000) return true;
    const changes = [`${ownerId}/messages`, `${ownerId}/${list}`].map(
      (key) => this.#latest.get(key)?.at ?? 0,
    );
    return changes.some((at) => at > madeAt);
  }
}
