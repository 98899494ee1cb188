// All faults, in the full dose of `npm run faults` and the small dose of the tests.
import { backupAndRestore } from './backup-restore.ts';
import { brokenRequests } from './broken-requests.ts';
import { deleteCanary } from './delete-canary.ts';
import { freezePostgres } from './freeze-postgres.ts';
import { fullDisk } from './full-disk.ts';
import { hostileForms } from './hostile-forms.ts';
import { hostileImports } from './hostile-imports.ts';
import { hostileMember, type HostileDeed } from './hostile-member.ts';
import { hostileSearches } from './hostile-searches.ts';
import { killApp } from './kill-app.ts';
import { killPostgres } from './kill-postgres.ts';
import { lockedTable } from './locked-table.ts';
import { logoutRace } from './logout-race.ts';
import { manyPeople } from './many-people.ts';
import { rollingRestart } from './rolling-restart.ts';
import type { Site } from './site.ts';
import { slowClients } from './slow-clients.ts';
import { startTogether } from './start-together.ts';
import type { Outcome } from './table.ts';

export interface Fault {
  name: string;
  title: string;
  full(site: Site): Promise<Outcome>;
  short(site: Site): Promise<Outcome>;
}

/** A hostile member beside fifty people at work. */
const hostile: [name: string, title: string, deed: HostileDeed, inShort?: HostileDeed][] = [
  ['hostile-imports', 'eight hostile imports at once', hostileImports],
  ['hostile-forms', 'eight windows that save the longest drafts and export them', hostileForms],
  ['hostile-searches', 'eight searches at once for a phrase', hostileSearches(50_000), hostileSearches(5000)],
];

export const faults: Fault[] = [
  {
    name: 'kill-app',
    title: 'kill -9 of an app process while people send',
    full: (site) => killApp(site, { messages: 10_000, kills: 10 }),
    short: (site) => killApp(site, { messages: 200, kills: 2 }),
  },
  {
    name: 'kill-postgres',
    title: 'PostgreSQL killed, and shut down at once',
    full: (site) => killPostgres(site, { times: 5 }),
    short: (site) => killPostgres(site, { times: 1 }),
  },
  {
    name: 'freeze-postgres',
    title: 'PostgreSQL frozen',
    full: (site) => freezePostgres(site, { seconds: 60 }),
    short: (site) => freezePostgres(site, { seconds: 3 }),
  },
  {
    name: 'locked-table',
    title: 'a table locked',
    full: (site) => lockedTable(site, { seconds: 20 }),
    short: (site) => lockedTable(site, { seconds: 2 }),
  },
  {
    name: 'rolling-restart',
    title: 'SIGTERM of one of two processes behind nginx',
    full: (site) => rollingRestart(site, { requests: 20_000, restarts: 10 }),
    short: (site) => rollingRestart(site, { requests: 300, restarts: 2 }),
  },
  {
    name: 'backup-restore',
    title: 'a backup under load, restored elsewhere',
    full: (site) => backupAndRestore(site, { messages: 20_000, deletions: 100 }),
    short: (site) => backupAndRestore(site, { messages: 150, deletions: 5 }),
  },
  {
    name: 'start-together',
    title: 'processes start together on an empty database',
    full: (site) => startTogether(site, { times: 20, together: 5 }),
    short: (site) => startTogether(site, { times: 1, together: 3 }),
  },
  {
    name: 'full-disk',
    title: 'the disk is full',
    full: () => fullDisk({ times: 3, seconds: 5 }),
    short: () => fullDisk({ times: 1, seconds: 1 }),
  },
  {
    name: 'slow-clients',
    title: 'slow clients through nginx',
    full: (site) => slowClients(site, { clients: 1200, seconds: 8, rounds: 3, isTimed: true }),
    short: (site) => slowClients(site, { clients: 150, seconds: 1, rounds: 1, isTimed: false }),
  },
  {
    name: 'broken-requests',
    title: 'requests broken off by the client',
    full: (site) => brokenRequests(site, { requests: 10_000 }),
    short: (site) => brokenRequests(site, { requests: 250 }),
  },
  {
    name: 'many-people',
    title: 'many people at once, mixed work',
    full: (site) => manyPeople(site, { people: 200, seconds: 60 }),
    short: (site) => manyPeople(site, { people: 40, seconds: 2 }),
  },
  {
    name: 'logout-race',
    title: 'a logout among pages under way',
    full: (site) => logoutRace(site, { times: 100 }),
    short: (site) => logoutRace(site, { times: 10 }),
  },
  {
    name: 'delete-canary',
    title: 'a message deleted permanently by both',
    full: (site) => deleteCanary(site, { times: 5 }),
    short: (site) => deleteCanary(site, { times: 1 }),
  },
  ...hostile.map(([name, title, deed, inShort = deed]) => ({
    name,
    title: `beside people at work: ${title}`,
    full: (site: Site) => hostileMember(site, deed, { people: 50, seconds: 20, rounds: 3, isTimed: true }),
    short: (site: Site) =>
      hostileMember(site, inShort, { people: 10, seconds: 2, rounds: 1, isTimed: false }),
  })),
];
