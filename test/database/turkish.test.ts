// In a database with a Turkish locale, I and i still fold to the same letter.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { startApp } from '../support/app.ts';
import { addressOf } from '../support/database.ts';
import { registered, stranger } from '../support/person.ts';

async function turkishDatabase(): Promise<string> {
  const name = `turkish_${randomUUID().slice(0, 8)}`;
  const client = new pg.Client({ connectionString: inject('postgres') });
  await client.connect();
  await client.query(
    `create database ${name} template template0 encoding UTF8 locale_provider icu icu_locale 'tr-TR'`,
  );
  await client.end();
  const url = addressOf(inject('postgres'), name);
  await (await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }, () => {})).close();
  return url;
}

test('names work in either case for login, recipients and search', async () => {
  const app = await startApp({}, await turkishDatabase());
  onTestFinished(() => app.close());
  expect((await app.pool.query(`select lower('I') as letter`)).rows).toEqual([{ letter: 'ı' }]);
  const [iris, ivan] = [await registered(app.url, 'IRIS.ILIKA'), await registered(app.url, 'ivan')];
  expect((await iris.send('IVAN', 'From Iris')).status).toBe(303);
  expect((await ivan.send('Iris.Ilika', 'From Ivan')).status).toBe(303);
  for (const [person, query] of [
    [ivan, 'from:IRIS.ILIKA'],
    [iris, 'from:Ivan'],
    [iris, 'to:IVAN'],
  ] as const)
    expect((await person.get(`/search?q=${query}`)).$('.messages li'), query).toHaveLength(1);
  const again = stranger(app.url, 'IVAN');
  const login = await again.submit('/login', { username: 'IVAN', password: again.password });
  expect(login.headers.location).toBe('/inbox');

  const { rows } = await app.pool.query<{ names: string[] }>(
    `select names_of('00000000-0000-0000-0000-000000000000', 'IRIS <IRIS@MINI.EXAMPLE>') as names`,
  );
  expect(rows[0]!.names).toEqual(['iris <iris@mini.example>', 'iris@mini.example']);
});
