// The page about the site's health, and the same on the command line.
import { statfsSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { countErrors, countRecentErrors } from '../../src/admin/health/error-counts.ts';
import { writeFact } from '../../src/database/site-facts.ts';
import { createLog } from '../../src/web/log.ts';
import { makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { runOperator } from '../operator/command.ts';

const { app, alice } = await cast();
afterAll(() => app.close());
beforeAll(() => makeAdmin(app, alice));

const facts = async () => {
  const { $ } = await alice.get('/admin/health');
  const texts = $('dd')
    .toArray()
    .map((item) => $(item).text().replaceAll(/\s+/g, ' ').trim());
  return Object.fromEntries(
    $('dt')
      .toArray()
      .map((item, index) => [$(item).text(), texts[index]!]),
  );
};

test('of a new site', async () => {
  const shown = await facts();
  expect(shown).toMatchObject({
    'Errors in 24 hours': 'None',
    'Last backup': 'Never',
    'Last rehearsal': 'Never: no backup has been restored for a test',
    Database: expect.stringMatching(/^\d+(\.\d+)? MB$/) as string,
    Certificate: 'None that is renewed here',
    Version: expect.stringMatching(
      /^\d+\.\d+\.\d+, schema \d{4}_\w+, Node \d+\.\S+, PostgreSQL \d\d/,
    ) as string,
  });
  expect(shown['Free disk space']).toMatch(/^[\d.]+ GB of [\d.]+ [GT]B, where/);
});

test('says what the backups, the rehearsal and the certificate left', async () => {
  await writeFact(app.pool, 'backup', { madeAt: new Date().toISOString(), file: 'x', bytes: 3 });
  await writeFact(app.pool, 'rehearsal', { at: '2026-11-01T02:03:04Z', failure: 'a <b>digest</b> differs' });
  await writeFact(app.pool, 'certificate', { expiresAt: '2027-01-02T03:04:05Z', failure: 'no address' });
  const shown = await facts();
  expect(shown['Last backup']).toBe('just now');
  expect(shown['Last rehearsal']).toContain('a <b>digest</b> differs');
  expect(shown.Certificate).toBe(
    'Valid until Saturday, 2 January 2027 at 03:04 UTC; the last attempt failed: no address',
  );
  await app.pool.query('delete from site_facts');
});

test('the command line prints the same', async () => {
  const settings = { DATABASE_URL: app.databaseUrl, DATA_DIR: inject('dataDir') };
  const { code, out } = await runOperator(settings, ['health', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ backup: null, rehearsal: null, errors: 0, certificateUntil: null });
  const { diskTotal } = JSON.parse(out) as { diskTotal: number };
  const { blocks, bsize } = statfsSync(inject('dataDir'));
  expect(diskTotal).toBe(blocks * bsize);
  const text = (await runOperator(settings, ['health'])).out;
  expect(text).toContain('last backup: never\n');
  expect(text).toMatch(/^version: \d/m);
});

test('counts the errors that processes log, of the last 24 hours', async () => {
  const log = createLog('silent');
  const [one, other] = [countErrors(app.appPool, log), countErrors(app.appPool, createLog('silent'))];
  log.error('first');
  log.error({ err: new Error('second') }, 'with an error');
  log.fatal('third');
  log.warn('no error');
  await Promise.all([one.close(), other.close()]);
  await one.close();
  expect(await countRecentErrors(app.appPool)).toBe(3);
  const again = countErrors(app.appPool, log);
  log.error('fourth');
  await again.close();
  expect((await facts())['Errors in 24 hours']).toBe('4: see the log');
  await app.pool.query(`insert into error_counts values (now() - interval '25 hours', 7)`);
  expect(await countRecentErrors(app.appPool)).toBe(4);
});

test('what cannot be written is kept', async () => {
  await app.pool.query('delete from error_counts');
  const log = createLog('silent');
  const counter = countErrors(app.appPool, log);
  await app.pool.query('alter table error_counts rename to elsewhere');
  log.error('unseen');
  await counter.close();
  await app.pool.query('alter table elsewhere rename to error_counts');
  await counter.close();
  expect(await countRecentErrors(app.appPool)).toBe(1);
});
