// Operator commands with and without the running program and its PostgreSQL.
import { expect, test } from 'vitest';
import { stranger } from '../support/person.ts';
import { postgresIn, start, usedSite } from '../start/site.ts';
import { runOperator } from './command.ts';

test('the operator’s commands work with and without the running program', async () => {
  const used = await usedSite();
  const site: Record<string, string> = { ...used, REGISTRATION: 'invite' };
  const { code, out } = await runOperator(site, ['invite']);
  expect(code).toBe(0);
  expect(out.startsWith(`http://localhost:${site.PORT}/register?`)).toBe(true);
  const failed = await runOperator(site, ['disable', 'bob']);
  expect(failed).toEqual({ code: 1, out: '', err: 'private-messages: There is no user "bob".\n' });
  expect(postgresIn(site.DATA_DIR!)).toEqual([]);

  const program = await start(site);
  const { pathname, search } = new URL(out.trim());
  const alice = stranger(program.url, 'alice');
  const fields = { username: 'alice', password: alice.password };
  expect((await alice.submit(pathname + search, fields)).status).toBe(303);
  expect((await alice.get('/inbox')).status).toBe(200);
  expect(await runOperator(site, ['sessions', 'end', 'alice'])).toMatchObject({ code: 0, err: '' });
  expect((await alice.get('/inbox')).status).toBe(303);
  await program.end();
});
