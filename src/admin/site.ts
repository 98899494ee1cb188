// The site's name and the line on its front page, as an administrator sets them.
import { z } from 'zod';
import type { Database } from '../database/pool.ts';
import { visibleLine, visibleName } from '../display-names.ts';
import { nobody } from '../ids.ts';
import { tellAll } from '../mailbox/live/notifier.ts';
import { writeSiteText, type SiteText } from '../web/site.ts';

export const maxLineLength = 200;

export const siteForm = z.object({ name: visibleName, line: visibleLine('line', maxLineLength) });

/** Every process shows it a moment later. */
export async function renameSite(db: Database, text: SiteText): Promise<void> {
  await writeSiteText(db, text);
  await tellAll(db, [nobody]);
}
