// Pages of registrations and announcements, and the next members of an announcement, are ranges of an index.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listWaiting } from '../../src/accounts/registrations/queries.ts';
import { listAnnouncementsBefore, listNextMembers } from '../../src/admin/announcements/queries.ts';
import { asSystem } from '../../src/database/owner.ts';
import type { Database, Pool } from '../../src/database/pool.ts';
import { listReportsAfter, listReportsBefore } from '../../src/admin/reports/queries.ts';
import { highestId, lowestId, nobody } from '../../src/ids.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openPlansPool, plansOf } from '../support/plans.ts';

let app: TestApp;
let pool: Pool;
beforeAll(async () => {
  app = await startApp();
  await app.pool.query(
    `insert into users (id, username, password_hash)
     select uuidv7(), 'user-' || n, '' from generate_series(1, 20000) n`,
  );
  await app.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash, declined_at)
     select uuidv7(), 'name-' || n, '', 'Line', '', case when n % 5 > 0 then now() end
     from generate_series(1, 5000) n`,
  );
  await app.pool.query(
    `insert into announcements (id, body, done_at) select uuidv7(), 'Text', now() from generate_series(1, 5000)`,
  );
  await app.pool.query(
    `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at, closed_at, outcome)
     select u.id, uuidv7(), uuidv7(), u.id, repeat('x', 1000)::bytea, now(),
       case when n % 50 > 0 then now() end, case when n % 50 > 0 then 'nothing' end
     from (select id, row_number() over (order by id) as n from users limit 5000) u`,
  );
  await app.pool.query('vacuum analyze users, registrations, announcements, reports');
  pool = openPlansPool(app.databaseUrl);
});
afterAll(async () => {
  await pool.end();
  await app.close();
});

const delivery = { body: '', madeAt: new Date('2100-01-01'), afterId: lowestId };
const asked: [string, string, (db: Database) => Promise<unknown[]>][] = [
  ['who waits', 'registrations_waiting', (db) => listWaiting(db, lowestId, 26)],
  ['announcements', 'announcements_pkey', (db) => listAnnouncementsBefore(db, highestId, 26)],
  ['open reports', 'reports_open', (db) => listReportsBefore(db, nobody, 'open', highestId, 26)],
  ['open reports, newer', 'reports_open', (db) => listReportsAfter(db, nobody, 'open', lowestId, 26)],
  ['closed reports', 'reports_by_id', (db) => listReportsBefore(db, nobody, 'closed', highestId, 26)],
  ['the next members', 'users_pkey', (db) => listNextMembers(db, delivery, 100)],
];

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('%s', (mode) => {
  test.each(asked)('%s', async (_, index, ask) => {
    const readAll = (db: Database) => asSystem(() => ask(db));
    expect((await readAll(app.pool)).length).toBeGreaterThan(25);
    const [plan] = await plansOf(pool, readAll, mode);
    expect(plan!.steps.map(({ kind }) => kind)).not.toContain('Sort');
    expect(plan!.steps.map((step) => step.index)).toContain(index);
  });
});
