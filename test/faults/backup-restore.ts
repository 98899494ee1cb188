// A backup while people send, and its restore elsewhere: nothing lost, doubled, or back that had been deleted.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { appendDeletions, readDeletions } from '../../src/backups/deletions.ts';
import { restoreBackup } from '../../src/backups/restore.ts';
import { writeBackup } from '../../src/backups/write.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { asSystem } from '../../src/database/owner.ts';
import { createPool } from '../../src/database/pool.ts';
import { until } from '../support/postgres-processes.ts';
import { atTheEnd } from './cleanup.ts';
import { audit, openLedger, type Ledger } from './ledger.ts';
import { sendMessages } from './sending.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

export async function backupAndRestore(
  site: Site,
  { messages, deletions }: { messages: number; deletions: number },
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-elsewhere-'));
  chmodSync(folder, 0o755);
  const socket = encodeURIComponent(join(site.dataDir, 'postgres'));
  const address = `postgres://owner@/postgres?host=${socket}&port=5432&sslmode=disable`;
  const ledger = openLedger();
  const sending = sendMessages(site, ledger, { goesOn: () => ledger.answered() < messages, senders: 16 });
  await until(() => ledger.answered() > messages / 3, 120_000);
  const before = new Set(ledger.messages.filter(({ isAnswered }) => isAnswered).map(({ number }) => number));
  const { file, madeAt } = await writeBackup({ address, folder });
  const deleted = new Set([...before].slice(0, deletions));
  const wrong = await takeBack(site, ledger, deleted);
  wrong.push(...(await sending));

  const pool = createPool(address, () => {});
  await asSystem(() => appendDeletions(pool, folder)).finally(() => pool.end());
  const server = await startEmbeddedPostgres(folder, console.error);
  const close = atTheEnd(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  const elsewhere = createPool(server.connectionString, () => {});
  await migrate(elsewhere).finally(() => elsewhere.end());
  const list = await readDeletions(file);
  const request = { file, tell: () => {}, deletions: list, finish: async () => {} };
  await restoreBackup({ ...request, address: server.connectionString });

  const expected = ledger.messages.map((each) => ({
    ...each,
    isAnswered: before.has(each.number) && !deleted.has(each.number),
  }));
  const db = new pg.Client({ connectionString: server.connectionString });
  await db.connect();
  const found = await audit(db, { ...ledger, messages: expected });
  const { rows } = await db.query<{ body: string }>('select body from messages where starts_with(body, $1)', [
    `${ledger.tag}-`,
  ]);
  await db.end();
  await close();
  const back = rows.filter(({ body }) => deleted.has(Number.parseInt(body.slice(ledger.tag.length + 1), 10)));
  if (back.length > 0) wrong.push(`${back.length} messages are back that had been deleted`);
  return {
    ...found,
    tries: 1,
    wrong: [...wrong, ...found.wrong],
    note: `${before.size} messages before ${madeAt.toISOString()}, ${deleted.size} deleted since, ${ledger.messages.length} in all`,
  };
}

async function takeBack(site: Site, ledger: Ledger, numbers: Set<number>): Promise<string[]> {
  const wrong: string[] = [];
  for (const number of numbers) {
    const { from, body } = ledger.messages[number]!;
    const id = await site.withDatabase(async (db) => {
      const { rows } = await db.query<{ id: string }>(
        `select id from messages where owner_id = $1 and box = 'sent' and body = $2`,
        [from.id, body],
      );
      return rows[0]!.id;
    });
    const client = site.client(site.people.indexOf(from));
    const { status } = await client.post(`/messages/${id}/unsend`, {
      _csrf: await client.token(),
      confirmed: 'yes',
    });
    if (status !== 303) wrong.push(`taking back was answered ${status}`);
    client.close();
  }
  return wrong;
}
