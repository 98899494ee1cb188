// The statements of an export of a large mailbox, per batch.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwner } from '../../../src/database/owner.ts';
import type { Pool } from '../../../src/database/pool.ts';
import { listCopies } from '../../../src/transfers/exports/message-queries.ts';
import { highestId, lowestIdAt } from '../../../src/ids.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { fillCrowd, owner } from '../../support/crowd.ts';
import { openPlansPool, plansOf } from '../../support/plans.ts';

let app: TestApp;
let pool: Pool;
beforeAll(async () => {
  app = await startApp();
  await fillCrowd(app.databaseUrl, { isSearched: false });
  pool = openPlansPool(app.databaseUrl);
});
afterAll(async () => {
  await pool.end();
  await app.close();
});

test.each(['force_custom_plan', 'force_generic_plan'] as const)(
  'a batch is a range of the primary key, and nothing else is read (%s)',
  async (mode) => {
    for (const after of [lowestIdAt(new Date('2024-01-01')), lowestIdAt(new Date('2025-06-01'))]) {
      const [plan] = await plansOf(
        pool,
        (db) => asOwner(owner, () => listCopies(db, owner, after, highestId)),
        mode,
      );
      const scan = plan!.steps.find(({ table }) => table === 'messages')!;
      expect(scan).toMatchObject({ kind: 'Index Scan', index: 'messages_pkey', rows: 100 });
      expect(scan.condition).toMatch(/^\(\(owner_id = /);
      expect(plan!.steps.map(({ kind }) => kind)).not.toContain('Sort');
    }
  },
);
