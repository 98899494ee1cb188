// The site's name, the line on its front page, and who may register, as an administrator sets them.
import { z } from 'zod';
import { registrations } from '../config.ts';
import type { Database } from '../database/pool.ts';
import { visibleLine, visibleName } from '../display-names.ts';
import { nobody } from '../ids.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { writeSiteText, type SiteText } from '../web/site.ts';

export const maxLineLength = 200;

export const siteForm = z.object({
  name: visibleName,
  line: visibleLine('line', maxLineLength),
  registration: z
    .union(
      [z.literal('').transform(() => undefined), z.enum(registrations)],
      'Please choose who may register.',
    )
    .optional(),
});

/** Every process shows it a moment later. */
export async function changeSite(db: Database, text: SiteText): Promise<void> {
  await writeSiteText(db, text);
  await tellAll(db, [nobody]);
}
