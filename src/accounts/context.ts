// The context of routes about accounts.
import type { MailboxContext } from '../mailbox/context.ts';
import type { Passwords } from './passwords.ts';
import type { HashUsername } from './used-usernames.ts';

export interface AccountsContext extends MailboxContext {
  passwords: Passwords;
  hashUsername: HashUsername;
}
