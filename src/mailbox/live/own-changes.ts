// Middleware that notifies a user's other open pages of mailbox changes made by any route.
import type { RequestHandler } from 'express';
import { signedIn } from '../../sessions/session.ts';
import type { MailboxContext } from '../context.ts';
import type { Change } from './changes.ts';

/** Accepted forms notify here; pages that change the mailbox do it themselves (Viewer.hasRead). */
export function notifyOwnPages({ notifier }: MailboxContext): RequestHandler {
  return (req, res, next) => {
    const viewer = signedIn(req);
    viewer.onChange = () => notifier.notify([viewer.id]);
    const change = req.method === 'POST' && changeBy(req.path);
    if (change) {
      // Wraps `end`, so that it runs even if the client has disconnected.
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

function changeBy(path: string): Change | undefined {
  const [, place = ''] = /^\/([^/]*)/.exec(path.toLowerCase()) ?? [];
  if (place === 'account' || place === 'logout') return undefined;
  return place === 'drafts' ? 'drafts' : 'messages';
}
