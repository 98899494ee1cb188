// npm run faults: causes every fault and prints what was lost, duplicated or wrong. `--short` takes small doses; names
// as in faults.ts select some (npm run faults -- --short kill-app).
import { cause } from './cause.ts';
import { cleanUp } from './cleanup.ts';
import { faults } from './faults.ts';
import { countSentences, Impossible, isWell, printTable, type Row } from './table.ts';
import { openSite } from './site.ts';

const dose = process.argv.includes('--short') ? 'short' : 'full';
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const endsWithinMs = 15 * 60_000;

let isStopped = false;
const stop = async (why: string, code: number) => {
  if (isStopped) return;
  isStopped = true;
  console.error(`\n${why}: cleaning up.`);
  await cleanUp();
  process.exit(code);
};
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => void stop('Asked to end', 130));
setTimeout(() => void stop('This takes too long', 1), endsWithinMs).unref();

// Whoever reads the first lines only (`| head`) must not keep us from cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const startedAt = Date.now();
const rows: Row[] = [];
const impossible: string[] = [];
try {
  const site = await openSite();
  if (!site.nginx) console.error('Without nginx. On Debian: apt-get install nginx');
  for (const fault of faults.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
    if (isStopped) break;
    const before = Date.now();
    process.stderr.write(`${fault.title} … `);
    try {
      const row = { fault: fault.title, ...(await cause(fault, site, dose)) };
      rows.push(row);
      console.error(`${isWell(row) ? 'well' : 'NOT WELL'}, ${Math.round((Date.now() - before) / 1000)} s`);
      for (const sentence of countSentences(row.wrong).slice(0, 10)) console.error(`  ${sentence}`);
    } catch (error) {
      if (error instanceof Impossible) {
        impossible.push(`${fault.title}: ${error.message}`);
        console.error('not possible here');
      } else {
        rows.push({ fault: fault.title, tries: 1, lost: 0, duplicated: 0, wrong: [String(error)] });
        console.error(error);
      }
    }
  }
} catch (error) {
  if (!isStopped) console.error(error);
  process.exitCode = 1;
} finally {
  if (!isStopped) await cleanUp();
}
if (!isStopped) {
  console.log(`\n${printTable(rows)}`);
  for (const line of impossible) console.log(`Not tried. ${line}`);
  console.log(`${Math.round((Date.now() - startedAt) / 1000)} s in all.`);
  if (rows.some((row) => !isWell(row))) process.exitCode = 1;
  process.exit();
}
