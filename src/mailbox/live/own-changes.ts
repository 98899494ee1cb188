// Whatever somebody changes in their mailbox is told to their other open pages: here, for all routes.
import type { RequestHandler } from 'express';
import { signedIn } from '../../sessions/session.ts';
import type { Notifier } from './notifier.ts';
import type { Change } from './changes.ts';

/** A form that was accepted has changed the mailbox; a page says so itself (Viewer.hasRead). */
export function notifyOwnPages(notifier: Notifier): RequestHandler {
  return (req, res, next) => {
    const viewer = signedIn(req);
    viewer.onChange = () => notifier.notify([viewer.id]);
    const change = req.method === 'POST' && changeBy(req.path);
    if (change) {
      // Also when nobody waits for the answer any more.
      const end = res.end.bind(res) as (...parts: unknown[]) => typeof res;
      const endAndNotify = (...parts: unknown[]) => {
        if (res.statusCode < 400) notifier.notify([viewer.id], change);
        return end(...parts);
      };
      Object.assign(res, { end: endAndNotify });
    }
    next();
  };
}

/** By a form that goes to this address; undefined where it is about the account. */
function changeBy(path: string): Change | undefined {
  const [, place = ''] = /^\/([^/]*)/.exec(path.toLowerCase()) ?? [];
  if (place === 'account' || place === 'logout') return undefined;
  return place === 'drafts' ? 'drafts' : 'messages';
}
