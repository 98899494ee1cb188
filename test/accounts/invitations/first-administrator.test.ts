// The link of the first administrator: whatever REGISTRATION says, one person becomes an administrator with it.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findFirstLink } from '../../../src/accounts/invitations/first-administrator.ts';
import { createEncryption } from '../../../src/secrets/encryption.ts';
import { startApp } from '../../support/app.ts';
import { stranger } from '../../support/person.ts';

const open = await startApp();
const [byInvitation, closed] = await Promise.all(
  ['invite', 'closed'].map((REGISTRATION) => startApp({ REGISTRATION }, open.databaseUrl)),
);
const sites = { open, invite: byInvitation!, closed: closed! };
afterAll(() => Promise.all(Object.values(sites).map((site) => site.close())));
beforeEach(() => open.pool.query('delete from users; delete from usernames_used; delete from invitations'));

const encryption = createEncryption(randomBytes(32));
const linkOf = async (key = encryption) => {
  const found = await findFirstLink(open.appPool, key);
  return found && `/register?invitation=${found.token}`;
};

async function register(site: { url: string }, path: string, username: string) {
  const person = stranger(site.url, username);
  const answer = await person.submit(path, { username, password: person.password });
  return { person, answer };
}

describe.each(Object.entries(sites))('REGISTRATION=%s', (_, site) => {
  test('the first person who registers with it is an administrator, and nobody after them', async () => {
    const path = (await linkOf())!;
    const page = await stranger(site.url).get(path);
    expect(page.$('.lead').text()).toContain('the administrator of');
    const { person, answer } = await register(site, path, 'alice');
    expect(answer.status).toBe(303);
    expect((await person.get('/admin')).status).toBe(200);
    expect(await linkOf()).toBeUndefined();
    const { rows } = await open.pool.query('select from invitations');
    expect(rows).toEqual([]);
  });

  test('of several who use it at the same moment, one becomes an administrator', async () => {
    const path = (await linkOf())!;
    await Promise.all(['alice', 'bob', 'charlie'].map((name) => register(site, path, name)));
    const { rows } = await open.pool.query('select username from users where admin_since is not null');
    expect(rows).toHaveLength(1);
  });

  test('a taken name leaves it valid', async () => {
    await register(open, '/register', 'alice');
    const path = (await linkOf())!;
    expect((await register(site, path, 'alice')).answer.status).toBe(422);
    const { person } = await register(site, path, 'bob');
    expect((await person.get('/admin')).status).toBe(200);
  });
});

test('it is the same at each start, for another week, in all processes', async () => {
  const links = await Promise.all(Array.from({ length: 4 }, () => linkOf()));
  expect(new Set(links).size).toBe(1);
  await open.pool.query(`update invitations set expires_at = now() - interval '1 day'`);
  expect(await linkOf()).toBe(links[0]);
  const { rows } = await open.pool.query<{ days: number }>(
    `select round(extract(epoch from expires_at - now()) / 86400)::int as days from invitations`,
  );
  expect(rows).toEqual([{ days: 7 }]);
});

test('with another secret.key it is another one, and the former is void', async () => {
  const former = (await linkOf())!;
  const path = await linkOf(createEncryption(randomBytes(32)));
  expect(path).not.toBe(former);
  expect((await stranger(sites.closed.url).get(former)).status).toBe(403);
  expect((await stranger(sites.closed.url).get(path!)).status).toBe(200);
});

test('it is void once somebody is an administrator, and after a week', async () => {
  const path = (await linkOf())!;
  await open.pool.query(`update invitations set expires_at = now() - interval '1 minute'`);
  expect((await stranger(sites.invite.url).get(path)).status).toBe(403);
  expect(await linkOf()).toBe(path);
  await register(open, '/register', 'alice');
  await open.pool.query('update users set admin_since = now()');
  expect((await stranger(sites.invite.url).get(path)).status).toBe(403);
  const { person } = await register(open, path, 'bob');
  expect((await person.get('/admin')).status).toBe(404);
});

test('the database does not hold it', async () => {
  const token = (await linkOf())!.split('=')[1]!;
  const secret = Buffer.from(token, 'base64url').subarray(16);
  const { rows } = await open.pool.query<{ line: string }>('select i::text as line from invitations i');
  for (const form of [token, secret.toString('hex'), secret.toString('base64')])
    expect(rows[0]!.line).not.toContain(form);
});
