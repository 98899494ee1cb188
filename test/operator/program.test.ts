// Operator commands with and without the running program and its PostgreSQL.
import { expect, test } from 'vitest';
import { registered, stranger } from '../support/person.ts';
import { postgresIn, start, usedSite } from '../start/site.ts';
import { runOperator } from './command.ts';

test('the operator’s commands work with and without the running program', async () => {
  const site = await usedSite();
  const program = await start(site);
  const alice = await registered(program.url, 'alice');
  expect(await runOperator(site, ['sessions', 'end', 'alice'])).toMatchObject({ code: 0, err: '' });
  expect((await alice.get('/inbox')).status).toBe(303);
  await alice.submit('/login', { username: 'alice', password: alice.password });
  expect((await alice.get('/inbox')).status).toBe(200);
  await program.end();

  const { code, out } = await runOperator(site, ['reset-link', 'alice']);
  expect(code).toBe(0);
  expect(out.startsWith(`http://localhost:${site.PORT}/reset/`)).toBe(true);
  const failed = await runOperator(site, ['disable', 'bob']);
  expect(failed).toEqual({ code: 1, out: '', err: 'private-messages: There is no user "bob".\n' });
  expect(postgresIn(site.DATA_DIR!)).toEqual([]);

  const again = await start(site);
  const password = 'another long enough one';
  const visitor = stranger(again.url);
  expect((await visitor.submit(new URL(out.trim()).pathname, { password })).status).toBe(303);
  expect((await alice.get('/inbox')).status).toBe(303);
  await again.end();
});
