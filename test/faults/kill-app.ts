// kill -9 of an app process, repeatedly, while users send messages.
import { unlessInTime } from './in-time.ts';
import { audit, openLedger } from './ledger.ts';
import { sendMessages } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';
import { until } from '../support/postgres-processes.ts';

const readyWithinMs = 5000;

export async function killApp(
  site: Site,
  { messages, kills }: { messages: number; kills: number },
): Promise<Outcome> {
  const ledger = openLedger();
  const sending = sendMessages(site, ledger, {
    goesOn: () => ledger.messages.length < messages,
    senders: 24,
  });
  const recoveries: number[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    await until(() => ledger.answered() >= (kill * messages) / (kills + 1), 120_000);
    await site.end(kill % 2, 'SIGKILL');
    recoveries.push(await site.startAgain(kill % 2));
  }
  const wrong = await sending;
  const found = await site.withDatabase((db) => audit(db, ledger));
  const recoveryMs = Math.max(0, ...recoveries);
  wrong.push(...unlessInTime('the start', recoveryMs, readyWithinMs));
  if (ledger.answered() !== messages)
    wrong.push(`${ledger.answered()} of ${messages} messages were answered`);
  const repeated = ledger.messages.filter(({ tries }) => tries > 1).length;
  return {
    ...found,
    tries: kills,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `${messages} messages, ${repeated} sent more than once`,
  };
}
