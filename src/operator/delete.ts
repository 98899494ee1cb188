// `delete`: permanently deletes an account and everything in it.
import { foldUsername } from '../usernames.ts';
import { deletePerson } from '../admin/people/acts.ts';
import { StartupError } from '../startup-error.ts';
import { ask } from './ask.ts';
import type { PersonCommand } from './command.ts';
import { otherwise, refused } from './last-administrator.ts';

export const deleteUser: PersonCommand = {
  name: 'delete',
  argument: 'NAME',
  summary: 'delete the account and everything in it, permanently',
  details: `The same as when users delete their account: mailbox, drafts, sessions and everything else are deleted;
copies held by others stay and show "deleted account"; the name cannot be registered again. Asks to type the name.
${refused}`,
  options: ['yes', 'last-administrator'],
  confirm: async (username, { yes }) => {
    if (yes) return;
    const answer = await ask(`This deletes ${username} permanently. Type the name to continue: `);
    if (foldUsername(answer ?? '') !== username)
      throw new StartupError('That is not the name. Nothing was deleted.');
  },
  run: async ({ pool, options }, person) => {
    let failure: Error | undefined;
    const onError = (error: Error) => (failure = error);
    const { isRefused, words } = await deletePerson(pool, person, onError, options['last-administrator']);
    if (isRefused) throw new StartupError(`${words} ${otherwise}`);
    const { rowCount } = await pool.query('select from users where id = $1', [person.id]);
    if (failure) console.error(`private-messages: ${failure.message}`);
    const rest = rowCount ? ' The running program deletes the rest of the large mailbox.' : '';
    return { rows: { username: person.username, isDeleted: true }, text: words + rest };
  },
};
