// Registration: open, by invitation, or closed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { makeInvitation, operator } from '../../../src/accounts/invitations/queries.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { at, stranger, type Answer } from '../../support/person.ts';

const password = 'a long enough password';
let open: TestApp;
let invite: TestApp;
let second: TestApp;
let closed: TestApp;
beforeAll(async () => {
  open = await startApp();
  [invite, second, closed] = (await Promise.all(
    ['invite', 'invite', 'closed'].map((REGISTRATION) => startApp({ REGISTRATION }, open.databaseUrl)),
  )) as [TestApp, TestApp, TestApp];
});
afterAll(() => Promise.all([open, invite, second, closed].map((app) => app.close())));

async function invitation(): Promise<string> {
  const { token } = await makeInvitation(open.pool, operator);
  return `/register?invitation=${token}`;
}

test('an invitation of the operator names nobody', async () => {
  const { $ } = await stranger(invite.url).get(await invitation());
  expect($('.lead').text()).toContain('You are invited to Private Messages on');
});

async function isThere(username: string): Promise<boolean> {
  const { rowCount } = await open.pool.query('select from users where username = $1', [username]);
  return rowCount === 1;
}

function expectRefusal(answer: Answer, title: string): void {
  expect([answer.status, answer.$('h1').text()]).toEqual([403, title]);
  expect(answer.$('form[action="/register"]')).toHaveLength(0);
}

/** Sends a form to /register as if there had been one. */
async function force(app: TestApp, username: string, token?: string): Promise<Answer> {
  const visitor = stranger(app.url);
  const fields = { ...(await visitor.hidden('/login')), username, password };
  return visitor.post('/register', token ? { ...fields, invitation: token } : fields);
}

const offers = ({ $ }: Answer) => $('a[href="/register"]').length > 0;

describe('REGISTRATION=open', () => {
  test('lets everybody register, also with an invitation link from before', async () => {
    const answer = await stranger(open.url).submit('/register', { username: 'olga', password });
    expect(answer.status).toBe(303);
    expect((await stranger(open.url).get(await invitation())).$('form[action="/register"]')).toHaveLength(1);
    for (const page of ['/', '/login']) expect(offers(await stranger(open.url).get(page))).toBe(true);
  });
});

describe('REGISTRATION=closed', () => {
  test('lets nobody register, not even with an invitation', async () => {
    const path = await invitation();
    expectRefusal(await stranger(closed.url).get('/register'), 'Registration is closed');
    expectRefusal(await stranger(closed.url).get(path), 'Registration is closed');
    expectRefusal(await force(closed, 'clara'), 'Registration is closed');
    expectRefusal(await force(closed, 'clara', path.split('=')[1]), 'Registration is closed');
    expect(await isThere('clara')).toBe(false);
  });

  test('shows no link to register', async () => {
    for (const page of ['/', '/login', '/register', '/nothing-here'])
      expect(offers(await stranger(closed.url).get(page))).toBe(false);
  });

  test('still allows login', async () => {
    const answer = await stranger(closed.url).submit('/login', { username: 'olga', password });
    expect(answer.status).toBe(303);
  });
});

describe('REGISTRATION=invite', () => {
  test('explains that an invitation is needed', async () => {
    expectRefusal(await stranger(invite.url).get('/register'), 'You need an invitation');
    expectRefusal(await force(invite, 'igor'), 'You need an invitation');
    expect(await isThere('igor')).toBe(false);
    expect((await stranger(invite.url).get('/')).$('main').text()).toContain('An invitation, a username');
  });

  test('lets one person register per invitation, who is then signed in', async () => {
    const path = await invitation();
    const irma = stranger(invite.url);
    expect((await irma.submit(path, { username: 'irma', password })).get('Location')).toBe('/inbox');
    expect((await irma.get('/inbox')).status).toBe(200);
    expectRefusal(await stranger(invite.url).get(path), 'This invitation does not work');
    expectRefusal(await force(invite, 'ivan', path.split('=')[1]), 'This invitation does not work');
    expect(await isThere('ivan')).toBe(false);
  });

  test('keeps an invitation valid if name or password is refused, and keeps it in the form', async () => {
    const path = await invitation();
    for (const fields of [
      { username: 'olga', password },
      { username: 'a b', password },
      { username: 'ines', password: 'short' },
      { username: 'ines', password: 'password123' },
    ]) {
      const answer = await stranger(invite.url).submit(path, fields);
      expect(answer.status).toBe(422);
      expect(answer.$('input[name=invitation]').attr('value')).toBe(path.split('=')[1]);
    }
    expect((await stranger(invite.url).submit(path, { username: 'ines', password })).status).toBe(303);
  });

  test('a visit does not consume the invitation', async () => {
    const path = await invitation();
    for (const method of ['get', 'head', 'get'] as const)
      expect((await stranger(invite.url).ask(method, path)).status).toBe(200);
  });

  test('twenty concurrent registrations with one invitation at two processes make one account', async () => {
    const path = await invitation();
    const people = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const visitor = stranger(i % 2 ? invite.url : second.url);
        return { visitor, fields: { ...(await visitor.hidden(path)), username: `racer-${i}`, password } };
      }),
    );
    const answers = await Promise.all(people.map(({ visitor, fields }) => visitor.post('/register', fields)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    // 503: a slow machine makes the last ones wait for longer than the queue's patience.
    expect(statuses.filter((status) => status === 403 || status === 503)).toHaveLength(19);
    const { rowCount } = await open.pool.query(`select from users where username like 'racer-%'`);
    expect(rowCount).toBe(1);
  });

  test('if two people with an invitation each want the same name, the loser’s invitation stays valid', async () => {
    const paths = [await invitation(), await invitation()];
    const people = await Promise.all(
      paths.map(async (path, i) => {
        const visitor = stranger(i ? invite.url : second.url);
        return { path, visitor, fields: { ...(await visitor.hidden(path)), username: 'wanted', password } };
      }),
    );
    const answers = await Promise.all(people.map(({ visitor, fields }) => visitor.post('/register', fields)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303, 422]));
    const loser = people[answers.findIndex(({ status }) => status === 422)]!;
    const again = await at(invite.url, loser.visitor).submit(loser.path, { username: 'another', password });
    expect(again.status).toBe(303);
  });

  test('an invitation expires after a week', async () => {
    const { token, expiresAt } = await makeInvitation(open.pool, operator);
    expect(Math.abs(expiresAt.getTime() - Date.now() - 7 * 24 * 3_600_000)).toBeLessThan(60_000);
    await open.pool.query(`update invitations set expires_at = now() - interval '1 second'`);
    expectRefusal(
      await stranger(invite.url).get(`/register?invitation=${token}`),
      'This invitation does not work',
    );
    expectRefusal(await force(invite, 'igor', token), 'This invitation does not work');
    await runCleanupJobs(open.pool);
    expect((await open.pool.query('select from invitations')).rowCount).toBe(0);
  });

  test.each(['x', 'A'.repeat(64), 'x'.repeat(10_000), `${'A'.repeat(63)}!`])(
    '%s is not accepted',
    async (token) => {
      const words = 'This invitation does not work';
      expectRefusal(await stranger(invite.url).get(`/register?invitation=${token}`), words);
      expectRefusal(await force(invite, 'igor', token), words);
    },
  );

  test('a forged form does not consume the invitation', async () => {
    const path = await invitation();
    const body = { username: 'forged', password, invitation: path.split('=')[1]! };
    expect((await stranger(invite.url).post('/register', body)).status).toBe(403);
    expect(await isThere('forged')).toBe(false);
    expect((await stranger(invite.url).get(path)).status).toBe(200);
  });

  test('a copy of the database does not allow making an invitation', async () => {
    const path = await invitation();
    const token = path.split('=')[1]!;
    const { rows } = await open.pool.query<{ line: string }>('select i::text as line from invitations i');
    const secret = Buffer.from(token, 'base64url').subarray(16);
    for (const { line } of rows) {
      expect(line).not.toContain(token.slice(-20));
      expect(line).not.toContain(secret.toString('hex'));
    }
    const { rows: hashes } = await open.pool.query<{ hash: Buffer }>(
      'select token_hash as hash from invitations',
    );
    for (const { hash } of hashes) {
      const guess = Buffer.concat([Buffer.alloc(16), hash]).toString('base64url');
      expect((await stranger(invite.url).get(`/register?invitation=${guess}`)).status).toBe(403);
    }
    expect(hashes.length).toBeGreaterThan(0);
  });
});
