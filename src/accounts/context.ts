// The context of routes about accounts.
import type { MailboxContext } from '../mailbox/context.ts';
import type { LimitHashing } from './passwords.ts';
import type { HashUsername } from './used-usernames.ts';

export interface AccountsContext extends MailboxContext {
  limitHashing: LimitHashing;
  hashUsername: HashUsername;
}
