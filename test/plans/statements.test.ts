// The statements of every page, in mailboxes of 100 and 100,000 messages: index ranges that begin with the owner.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pool } from '../../src/database/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { fillCrowd } from '../support/crowd.ts';
import { hotStatements } from '../support/hot-statements.ts';
import { faultsOf, openPlansPool, plansOf } from '../support/plans.ts';

const sizes = [
  { size: '100', crowd: { messages: 100, share: 1 } },
  { size: '100,000', crowd: {} },
];
// Where five messages are all that lies in anybody's trash, the index of everybody's trash is one page like the others.
const small = new Set(['the trash', 'the trash, a newer page', 'emptying the trash']);

describe.each(sizes)('in a mailbox of $size messages', ({ size, crowd }) => {
  let app: TestApp;
  let pool: Pool;
  beforeAll(async () => {
    app = await startApp();
    await fillCrowd(app.databaseUrl, crowd);
    pool = openPlansPool(app.databaseUrl);
  });
  afterAll(async () => {
    await pool.end();
    await app.close();
  });

  test.each(['force_custom_plan', 'force_generic_plan'] as const)(
    '%s: every statement reads index ranges',
    async (mode) => {
      const found: Record<string, string[]> = {};
      for (const { name, ask, reading } of await hotStatements(app.pool)) {
        if (mode === 'force_generic_plan' && reading === 'search') continue;
        const faults = faultsOf(await plansOf(pool, ask, mode), reading);
        const isExcused = size === '100' && mode === 'force_custom_plan' && small.has(name);
        if (faults.length > 0 && !isExcused) found[name] = faults;
      }
      expect(found).toEqual({});
    },
  );
});
