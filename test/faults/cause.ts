// Causes one fault, and checks all invariants afterwards.
import type { Fault } from './faults.ts';
import { watch } from './invariants.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

export async function cause(fault: Fault, site: Site, dose: 'full' | 'short'): Promise<Outcome> {
  const watching = await watch(site);
  const outcome = await fault[dose](site);
  return { ...outcome, wrong: [...outcome.wrong, ...(await watching.findings())] };
}
