// `delete`: permanently deletes an account and everything in it.
import { foldUsername } from '../usernames.ts';
import { deleteAccount } from '../accounts/deletion/delete-account.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { StartupError } from '../startup-error.ts';
import { ask } from './ask.ts';
import type { PersonCommand } from './command.ts';

export const deleteUser: PersonCommand = {
  name: 'delete',
  argument: 'NAME',
  summary: 'delete the account and everything in it, permanently',
  details: `The same as when users delete their account: mailbox, drafts, sessions and everything else are deleted;
copies held by others stay and show "deleted account"; the name cannot be registered again. Asks to type the name.`,
  options: ['yes'],
  confirm: async (username, { yes }) => {
    if (yes) return;
    const answer = await ask(`This deletes ${username} permanently. Type the name to continue: `);
    if (foldUsername(answer ?? '') !== username)
      throw new StartupError('That is not the name. Nothing was deleted.');
  },
  run: async ({ pool }, { id, username }) => {
    let failure: Error | undefined;
    await deleteAccount(pool, id, (error) => (failure = error));
    await tellAll(pool, [id]);
    const { rowCount } = await pool.query('select from users where id = $1', [id]);
    if (failure) console.error(`private-messages: ${failure.message}`);
    const rest = rowCount ? ' The running program deletes the rest of the large mailbox.' : '';
    return { rows: { username, isDeleted: true }, text: `${username} is deleted.${rest}` };
  },
};
