// Accepted versions of PostgreSQL: the tests run on 18, and a proxy makes the real server report another version.
import { connect, createServer } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createPool } from '../../src/database/pool.ts';
import { addressOf, createDatabase } from '../support/database.ts';
import { freePort } from '../support/program.ts';
import { refusalOf } from '../support/refused.ts';

/** The address of a new database whose server says this version, which must be as long as the real one. */
async function databaseOf(version: (real: string) => string): Promise<string> {
  const url = new URL((await createDatabase('template0')).replace('@/', '@socket/'));
  const pool = createPool(addressOf(inject('postgres'), 'postgres'), () => {});
  const { rows } = await pool.query<{ real: string }>(`select current_setting('server_version') as real`);
  await pool.end();
  const { real } = rows[0]!;
  const server = createServer((near) => {
    const far = connect(`${url.searchParams.get('host')}/.s.PGSQL.5432`);
    near.on('error', () => {}).on('close', () => far.destroy());
    far.on('error', () => {}).on('close', () => near.destroy());
    near.pipe(far);
    far.on('data', (data) => near.write(data.toString('latin1').replaceAll(real, version(real)), 'latin1'));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  return `postgres://${url.username}@127.0.0.1:${port}${url.pathname}`;
}

test('the server of the tests is the version in the documents', async () => {
  const pool = createPool(inject('postgres'), () => {});
  onTestFinished(() => pool.end());
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  expect(rows[0]!.version).toMatch(/^18\./);
});

test('PostgreSQL 14 is refused with a line that names both versions', async () => {
  const line = await refusalOf(await databaseOf((real) => real.replace(/^18/, '14')));
  expect(line).toMatch(/^DATABASE_URL points to PostgreSQL 14\.\d+; 15 or later is required\.$/);
});

test.each(['15', '17'])('PostgreSQL %s is accepted', async (version) => {
  const url = await databaseOf((real) => real.replace(/^18/, version));
  await expect(refusalOf(url)).rejects.toThrow('It was not refused.');
});
