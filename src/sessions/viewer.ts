// The viewer: the signed-in user of a request, read together with the session and never stored in it.
export type ViewerFields = Pick<Viewer, 'id' | 'username' | 'timeZone' | 'startPage' | 'isAdmin' | 'unread'>;

export class Viewer {
  readonly id: string;
  readonly username: string;
  readonly timeZone: string | null;
  /** The address that a login leads to. */
  readonly startPage: string;
  readonly isAdmin: boolean;
  /** Counted when the session was read, capped at 100; pages that mark messages as read correct it. */
  unread: number;
  readAt = Date.now(); // just before the data was read: the page may lack later changes
  onChange: () => void = () => {};

  constructor({ id, username, timeZone, startPage, isAdmin, unread }: ViewerFields) {
    this.id = id;
    this.username = username;
    this.timeZone = timeZone;
    this.startPage = startPage;
    this.isAdmin = isAdmin;
    this.unread = unread;
  }

  /** Corrects the count on a page that marks messages as read, before its list is read (again). */
  hasRead(count: number): void {
    if (this.unread < 100) this.unread = Math.max(0, this.unread - count);
    if (count > 0) this.hasChanged();
  }

  hasChanged(): void {
    this.onChange();
    this.readAt = Date.now();
  }

  /** Keeps express-session from storing the viewer, or taking it for a change of the session. */
  toJSON(): undefined {
    return undefined;
  }
}
