// The site's name, and the line on its front page: kept in memory, so that no page costs a query.
import type { Database } from '../database/pool.ts';
import { readFact, writeFact } from '../database/site-facts.ts';

/** As the administrator writes it; empty for none. */
export interface SiteText {
  name: string;
  line: string;
}

export interface Site {
  /** The program's, if the site has none. */
  name: string;
  isNamed: boolean;
  line: string;
}

const fact = 'site';
const programName = 'Private Messages';

export async function readSiteText(db: Database): Promise<SiteText> {
  return (await readFact<SiteText>(db, fact))?.value ?? { name: '', line: '' };
}

/** Processes learn of it when `nobody` is notified. */
export function writeSiteText(db: Database, text: SiteText): Promise<void> {
  return writeFact(db, fact, text);
}

export function describeSite({ name, line }: SiteText): Site {
  return { name: name || programName, isNamed: name !== '', line };
}

/** Of what no person wrote; undefined for other messages. Imported notices are not from this site. */
export function programSender({ name }: Site, origin: string | null): string | undefined {
  if (origin === 'notice' || origin === 'announcement') return name;
  return origin === 'imported notice' ? programName : undefined;
}

/** Updated in place, because every page reads it. */
export async function openSite(
  db: Database,
  onError: (error: Error) => void,
): Promise<{ site: Site; reload: () => void }> {
  const site = describeSite(await readSiteText(db));
  const reload = () => {
    readSiteText(db).then((text) => Object.assign(site, describeSite(text)), onError);
  };
  return { site, reload };
}
