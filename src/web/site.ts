// The site's name, the line on its front page, and who may register: kept in memory, so that no page costs a query.
import type { Config, Registration } from '../config.ts';
import type { Database } from '../database/pool.ts';
import { readFact, writeFact } from '../database/site-facts.ts';

/** As an administrator sets it; empty for none. */
export interface SiteText {
  name: string;
  line: string;
  registration?: Registration | undefined; // undefined: as REGISTRATION says
}

export interface Site {
  /** The program's, if the site has none. */
  name: string;
  isNamed: boolean;
  line: string;
  registration: Registration;
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

export function describeSite(
  { name, line, registration }: SiteText,
  config: Pick<Config, 'registration'>,
): Site {
  return {
    name: name || programName,
    isNamed: name !== '',
    line,
    registration: registration ?? config.registration,
  };
}

/** Of what no person wrote; undefined for other messages. Imported notices are not from this site. */
export function programSender({ name }: Site, origin: string | null): string | undefined {
  if (origin === 'notice' || origin === 'announcement') return name;
  return origin === 'imported notice' ? programName : undefined;
}

/** Updated in place, because every page reads it. */
export async function openSite(
  db: Database,
  config: Config,
  onError: (error: Error) => void,
): Promise<{ site: Site; reload: () => void }> {
  const site = describeSite(await readSiteText(db), config);
  const reload = () => {
    readSiteText(db).then((text) => Object.assign(site, describeSite(text, config)), onError);
  };
  return { site, reload };
}
