// The context of routes about messages.
import type { WebContext } from '../web/context.ts';
import type { Notifier } from './live/notifier.ts';
import type { Streams } from './live/streams.ts';

export interface MailboxContext extends WebContext {
  notifier: Notifier;
  streams: Streams;
}
