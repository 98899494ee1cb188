// `npm start` fits into 512 MB together with its PostgreSQL, with fifty people at work.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { megabytesOf, peakWithFiftyPeople } from '../load/fifty-people.ts';
import { benchSite } from '../load/data.ts';
import { start, usedSite } from './site.ts';

const most = 512;
const costs = { PASSWORD_MEMORY_KIB: '19456', PASSWORD_PASSES: '2' }; // as by default

/** A group of processes that get no more memory, where one can be made (cgroups, version 1). */
function limited(): { group: string; prefix: string[] } | undefined {
  const group = `/sys/fs/cgroup/memory/private-messages-${process.pid}`;
  try {
    mkdirSync(group);
    onTestFinished(() => rmdirSync(group));
    writeFileSync(`${group}/memory.limit_in_bytes`, `${most}M`);
    return { group, prefix: ['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$@"`, 'sh'] };
  } catch {
    return undefined;
  }
}

test(`npm start with fifty people takes less than ${most} MB, PostgreSQL included`, async () => {
  const limit = limited();
  const site = await usedSite();
  const settings = { ...site, ...costs, NODE_ENV: 'production', PUBLIC_URL: benchSite.publicUrl };
  const program = await start(settings, limit && { prefix: limit.prefix });
  const running = { url: program.url, pid: program.process.pid!, dataDir: site.DATA_DIR! };
  const atRest = megabytesOf(running);
  const peak = await peakWithFiftyPeople(running, Number(process.env.SECONDS ?? 5));
  const disk = Number(execFileSync('du', ['-sm', site.DATA_DIR!], { encoding: 'utf8' }).split('\t')[0]);
  if (process.env.SECONDS) console.log({ atRest, peak, disk });
  expect(peak).toBeGreaterThan(atRest * 0.9);
  expect(peak).toBeLessThan(most);
  if (limit) expect(readFileSync(`${limit.group}/memory.oom_control`, 'utf8')).not.toMatch(/oom_kill [1-9]/);
  expect((await program.end()).code).toBe(0);
});
