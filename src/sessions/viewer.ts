// Who is looking at the page: read with the session in one round trip, never stored in it.
export class Viewer {
  readonly id: string;
  readonly username: string;
  /** The time zone of the account's setting, if there is one. */
  readonly timeZone: string | null;
  /** Unread messages when the request came, 100 standing for that many or more; pages that mark some correct it. */
  unread: number;
  /** The rows that came along with the session: each an array, as JSON has it. */
  readonly preloaded: unknown[][] | undefined;
  /** Since when the page's data may be out of date: just before it was read, in milliseconds since 1970. */
  readAt = Date.now();
  /** Hears that this request has changed the mailbox. */
  onChange: () => void = () => {};

  constructor(
    id: string,
    username: string,
    timeZone: string | null,
    unread: number,
    preloaded?: unknown[][],
  ) {
    this.id = id;
    this.username = username;
    this.timeZone = timeZone;
    this.unread = unread;
    this.preloaded = preloaded;
  }

  /** Corrects the count on a page that has taken marks away, before its list is read (again). */
  hasRead(count: number): void {
    if (this.unread < 100) this.unread = Math.max(0, this.unread - count);
    if (count > 0) this.hasChanged();
  }

  hasChanged(): void {
    this.onChange();
    this.readAt = Date.now();
  }

  /** Keeps express-session from writing the viewer into the session, and from seeing a change in it. */
  toJSON(): undefined {
    return undefined;
  }
}
