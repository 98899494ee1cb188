// Who is looking at the page: read with the session in one round trip, never stored in it.
export class Viewer {
  readonly id: string;
  readonly username: string;
  /** Unread messages when the request came, 100 standing for that many or more; pages that mark some correct it. */
  unread: number;
  /** The rows that came along with the session: each an array, as JSON has it. */
  readonly along: unknown[][] | undefined;

  constructor(id: string, username: string, unread: number, along?: unknown[][]) {
    this.id = id;
    this.username = username;
    this.unread = unread;
    this.along = along;
  }

  /** Corrects the count on a page that has taken marks away. */
  hasRead(count: number): void {
    if (this.unread < 100) this.unread = Math.max(0, this.unread - count);
  }

  /** Keeps express-session from writing the viewer into the session, and from seeing a change in it. */
  toJSON(): undefined {
    return undefined;
  }
}
