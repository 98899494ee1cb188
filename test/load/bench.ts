// `npm run bench`: what the product costs and how it stands growth; `npm run bench -- growth` and the like choose a part.
// JOB=inbox chooses jobs by parts of their names; ROUNDS and SECONDS set how often and how long; BENCH_FOLDER keeps the
// databases there for the next time.
import { measureJobs } from './beside-floor.ts';
import { measureCores } from './cores.ts';
import { measureGrowth } from './growth.ts';
import { measureMemory } from './memory.ts';
import { openSite, type Site } from './site.ts';
import { measureStarts } from './starts.ts';

const parts: Record<string, (site: Site) => Promise<void>> = {
  starts: measureStarts,
  jobs: measureJobs,
  logins: (site) => measureJobs(site, 'logins'),
  cores: measureCores,
  growth: measureGrowth,
  memory: measureMemory,
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['starts', 'jobs', 'cores'];
const unknown = wanted.filter((part) => !(part in parts));
if (unknown.length > 0) throw new Error(`No part is called ${unknown.join()}: ${Object.keys(parts).join()}`);

const site = await openSite(process.env.BENCH_FOLDER);
try {
  for (const part of wanted) {
    console.log(`\n${part}`);
    await parts[part]!(site);
  }
} finally {
  await site.close();
}
