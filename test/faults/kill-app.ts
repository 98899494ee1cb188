// kill -9 of an app process, again and again, while people send letters.
import { unlessInTime } from './in-time.ts';
import { audit, openLedger } from './ledger.ts';
import { sendLetters } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';
import { until } from '../support/postgres-processes.ts';

const readyWithinMs = 5000;

export async function killApp(
  site: Site,
  { letters, kills }: { letters: number; kills: number },
): Promise<Outcome> {
  const ledger = openLedger();
  const sending = sendLetters(site, ledger, { goesOn: () => ledger.letters.length < letters, senders: 24 });
  const recoveries: number[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    await until(() => ledger.answered() >= (kill * letters) / (kills + 1), 120_000);
    await site.end(kill % 2, 'SIGKILL');
    recoveries.push(await site.startAgain(kill % 2));
  }
  const wrong = await sending;
  const found = await site.withDatabase((db) => audit(db, ledger));
  const recoveryMs = Math.max(0, ...recoveries);
  wrong.push(...unlessInTime('the start', recoveryMs, readyWithinMs));
  if (ledger.answered() !== letters) wrong.push(`${ledger.answered()} of ${letters} letters were answered`);
  const repeated = ledger.letters.filter(({ tries }) => tries > 1).length;
  return {
    ...found,
    tries: kills,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `${letters} letters, ${repeated} sent more than once`,
  };
}
