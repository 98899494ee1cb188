// `npm run bench`: the cost of the product and how it grows; `npm run bench -- growth` and the like run a part.
// JOB=inbox selects jobs by parts of their names; ROUNDS and SECONDS set repetitions and duration; BENCH_FOLDER keeps
// the databases.
import { measureBackup } from './backup-beside.ts';
import { measureJobs } from './beside-floor.ts';
import { measureCores } from './cores.ts';
import { measureGrowth } from './growth.ts';
import { measureMemory } from './memory.ts';
import { measureMetrics } from './metrics.ts';
import { openSite, type Site } from './site.ts';
import { measureStarts } from './starts.ts';

const parts: Record<string, (site: Site) => Promise<void>> = {
  starts: measureStarts,
  jobs: measureJobs,
  logins: (site) => measureJobs(site, 'logins'),
  cores: measureCores,
  growth: measureGrowth,
  memory: measureMemory,
  metrics: measureMetrics,
  backup: measureBackup,
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
