// Every address of docs/routes.md below /admin: who may, after which confirmation, and what hostile values get.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ageConfirmation, makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { withoutTokens } from '../support/forms.ts';
import { stranger, type Answer, type Fields, type Person } from '../support/person.ts';
import { projectFolder } from '../support/program.ts';

const { app, reset } = await cast({ REGISTRATION: 'invite' });
let alice: Person;
let bob: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  await makeAdmin(app, alice);
});

const never = '0195d9a0-7c4c-7000-8000-000000000000';
const rows = readFileSync(join(projectFolder, 'docs/routes.md'), 'utf8').matchAll(
  /^\| (GET|POST) +\| (\S+) +\| administrators/gm,
);
const routes = Array.from(rows, ([, method, path]) => [method!, path!] as const);
const tokenOf = async (person: Person): Promise<Fields> => ({
  _csrf: (await person.hidden('/sent', '/logout'))._csrf!,
});

async function snapshot(): Promise<string> {
  const { rows: found } = await app.pool.query(
    `select (select json_agg(u order by u.id) from users u) as users,
            (select count(*) from messages) as messages, (select count(*) from invitations) as invitations,
            (select count(*) from reset_links) as links, (select count(*) from operator_log) as acts`,
  );
  return JSON.stringify(found);
}

test('there are some', () => expect(routes.length).toBeGreaterThan(10));

describe.each(routes)('%s %s', (method, route) => {
  const isForm = method === 'POST';
  const path = route.replace(':name', 'bob').replace(':id', never);
  const ask = async (person: Person, address = path, fields: Fields = {}): Promise<Answer> =>
    isForm ? person.post(address, { ...(await tokenOf(person)), ...fields }) : person.get(address);

  test('signed-out people log in first', async () => {
    const before = await snapshot();
    const answer = await (isForm ? stranger(app.url).post(path) : stranger(app.url).get(path));
    const back = isForm ? '' : `?next=${encodeURIComponent(path)}`;
    expect([answer.status, answer.headers.location]).toEqual([303, `/login${back}`]);
    expect(await snapshot()).toBe(before);
  });

  test('for others it does not exist', async () => {
    const before = await snapshot();
    const answer = await ask(bob);
    const unknown = await ask(bob, '/nothing-at-all');
    expect(answer.status).toBe(404);
    expect(withoutTokens(answer.text)).toBe(withoutTokens(unknown.text));
    expect(await snapshot()).toBe(before);
  });

  test('asks for the password after fifteen minutes, and does nothing until then', async () => {
    const before = await snapshot();
    await ageConfirmation(app, alice, 16);
    const asked = await ask(alice);
    expect([asked.status, asked.$('h1').text()]).toEqual([isForm ? 403 : 200, 'Confirm that it is you']);
    const wrong = await ask(alice, path, { password: 'not the password' });
    expect(wrong.$('h1').text()).toBe('Confirm that it is you');
    expect(await snapshot()).toBe(before);
    if (isForm) return;
    const right = await alice.submit(path, { password: alice.password });
    expect([right.status, right.headers.location]).toEqual([303, path]);
  });

  if (isForm)
    test('refuses a forged form', async () => {
      const before = await snapshot();
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const token = new URLSearchParams(await tokenOf(alice)).toString();
      const forged: [Fields, string][] = [
        [{}, ''],
        [{}, new URLSearchParams(await tokenOf(bob)).toString()],
        [{ Origin: 'https://evil.example' }, token],
        [{ 'Sec-Fetch-Site': 'cross-site' }, token],
      ];
      for (const [headers, body] of forged)
        expect((await alice.ask('post', path, { ...type, ...headers }, body)).status).toBe(403);
      expect(await snapshot()).toBe(before);
    });

  if (route.includes(':'))
    test('does not know other names', async () => {
      const before = await snapshot();
      const names = [
        'nobody-here',
        never,
        '__proto__',
        "bob'--",
        '%20',
        '1',
        'x'.repeat(3000),
        '%F0%9F%A6%89',
      ];
      for (const name of names) {
        const answer = await ask(alice, route.replace(/:\w+/, name));
        expect([name, answer.status]).toEqual([name, 404]);
      }
      for (const name of ['%FF', '%00', '%zz'])
        expect((await ask(alice, route.replace(/:\w+/, name))).status).toBe(400);
      expect(await snapshot()).toBe(before);
    });

  test('refuses other methods', async () => {
    for (const other of ['put', 'patch', 'delete'] as const) {
      const answer = await alice.ask(other, path);
      expect([other, answer.status]).toEqual([other, 405]);
      expect(answer.headers.allow).toContain(method);
    }
  });
});
