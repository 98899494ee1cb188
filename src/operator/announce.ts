// `announce`: sends an announcement to all members.
import { text as readAll } from 'node:stream/consumers';
import { announce, deliver } from '../admin/announcements/announce.ts';
import { countMembers, findAnnouncement } from '../admin/announcements/queries.ts';
import type { Database } from '../database/pool.ts';
import { countOf } from '../in-words.ts';
import { messageText } from '../mailbox/compose/message-form.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { StartupError } from '../startup-error.ts';
import { ask } from './ask.ts';
import type { PlainCommand } from './command.ts';
import { UsageError } from './usage-error.ts';

export const announceText: PlainCommand = {
  name: 'announce',
  argument: 'TEXT',
  summary: 'send a text to all members, who cannot answer it',
  details: `Each member gets it once, disabled ones too. If this command is stopped, the running program continues, and
so does the same command: the same text on one day is one announcement. With - for TEXT, it comes from standard input,
and --yes is needed. Otherwise the command asks first, and says how many members there are.`,
  options: ['yes'],
  run: async ({ pool, argument, options }) => {
    const body = messageText.safeParse(argument === '-' ? await readAll(process.stdin) : argument);
    if (!body.success) throw new UsageError(body.error.issues[0]!.message);
    if (!options.yes) await confirm(pool, argument === '-');
    const { id, isNew } = await announce(pool, undefined, body.data);
    await deliver(pool, id, (ownerIds) => tellAll(pool, ownerIds));
    const { sentTo, madeAt } = (await findAnnouncement(pool, id))!;
    const earlier = 'This text has been announced within the last day already: nobody got it twice.';
    return {
      rows: { id, madeAt, sentTo, isNew },
      text: `Sent to ${countOf(sentTo, 'member')}.`,
      ...(!isNew && { note: earlier }),
    };
  },
};

async function confirm(db: Database, isInputRead: boolean): Promise<void> {
  if (isInputRead) throw new UsageError('With the text from standard input, "announce" needs --yes.');
  const answer = await ask(
    `This goes to ${countOf(await countMembers(db), 'member')}. Type "yes" to send it: `,
  );
  if (answer?.trim() !== 'yes') throw new StartupError('Nothing was sent.');
}
