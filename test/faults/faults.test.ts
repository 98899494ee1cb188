// Every fault in a small dose; `npm run faults` causes the full ones.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { available } from '../support/required.ts';
import { cause } from './cause.ts';
import { cleanUp } from './cleanup.ts';
import { faults } from './faults.ts';
import { openSite, type Site } from './site.ts';
import { countSentences, Impossible, printTable, type Row } from './table.ts';

let site: Site;
const rows: Row[] = [];
beforeAll(async () => {
  available('nginx'); // says how to install it, or demands it
  site = await openSite();
});
afterAll(async () => {
  await cleanUp();
  if (process.env.FAULT_TABLE) console.log(printTable(rows));
});

test.each(faults)('$title: nothing is lost, duplicated or wrong', async (fault) => {
  const outcome = await cause(fault, site, 'short').catch((error: Error) => {
    if (!(error instanceof Impossible)) throw error;
    console.warn(`Not tried: ${fault.title} ${error.message}`);
    return undefined;
  });
  if (!outcome) return;
  rows.push({ fault: fault.title, ...outcome });
  const { lost, duplicated, wrong } = outcome;
  expect({ lost, duplicated, wrong: countSentences(wrong) }).toEqual({ lost: 0, duplicated: 0, wrong: [] });
});
