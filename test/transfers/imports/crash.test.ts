// A process killed during an import: PostgreSQL rolls back, and the page says so.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calmSettings } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { at } from '../../support/person.ts';
import { launch, ready, type Program } from '../../support/program.ts';
import { imported, importFile, resultOf } from './importing.ts';
import { interrupted, messages, slowDownWriting } from './jobs.ts';

const { app, alice } = await cast();
let program: Program;
beforeAll(async () => {
  await slowDownWriting(app.pool);
  program = await launch({ ...calmSettings, DATABASE_URL: app.databaseUrl });
  await ready(program);
});
afterAll(async () => {
  await program.end('SIGKILL');
  await app.close();
});

test('kill -9 while writing: nothing is left, and the file can be imported again', async () => {
  expect((await importFile(at(program.url, alice), messages(5000))).status).toBe(303);
  const written = async () =>
    (await app.pool.query<{ count: number }>('select messages_written as count from imports')).rows[0]!.count;
  await expect.poll(written, { interval: 20 }).toBeGreaterThan(0);
  await program.end('SIGKILL');

  // Another process notices only after thirty seconds, which are shortened here.
  expect((await alice.get('/account/import')).$('[data-words]').text()).toMatch(/^Writing: /);
  await app.pool.query(`update imports set beat_at = beat_at - interval '30 seconds'`);
  expect(await resultOf(alice)).toBe(interrupted);
  const left = () => app.pool.query('select from messages');
  await expect.poll(async () => (await left()).rowCount).toBe(0);
  expect(await imported(alice, messages(100))).toBe('Imported 100 messages.');
});
