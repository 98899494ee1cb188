// Invitations by members, limited by MEMBERS_INVITE.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import {
  makeInvitation,
  makeMembersInvitation,
  operator,
} from '../../../src/accounts/invitations/queries.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { at, registered, stranger, type Answer, type Person } from '../../support/person.ts';

const page = '/account/invitations';
const settings = { REGISTRATION: 'invite', MEMBERS_INVITE: '3', PUBLIC_URL: 'http://letters.example' };
let open: TestApp;
let app: TestApp;
let second: TestApp;
let alice: Person;
let charlie: Person;
let count = 0;
beforeAll(async () => {
  open = await startApp();
  [app, second] = [await startApp(settings, open.databaseUrl), await startApp(settings, open.databaseUrl)];
  [alice, charlie] = [await member('alice'), await member('charlie')];
});
afterAll(() => Promise.all([open, app, second].map((each) => each.close())));

async function member(username = `member-${count++}`): Promise<Person> {
  return at(app.url, await registered(open.url, username));
}

/** Makes an invitation; returns the path of its link. */
async function invitationBy(person: Person): Promise<string> {
  expect((await person.submit(page)).get('Location')).toBe(page);
  const link = (await person.get(page)).$('#link').attr('value')!;
  return new URL(link).pathname + new URL(link).search;
}

const leadOf = ({ $ }: Answer) => $('.lead').text().replaceAll(/\s+/g, ' ').trim();
const withdrawals = ({ $ }: Answer) =>
  $('form[action$="/withdraw"]')
    .toArray()
    .map((form) => $(form).attr('action')!);
const listed = async (person: Person) => withdrawals(await person.get(page));
const worksAt = async (path: string) => (await stranger(app.url).get(path)).status === 200;

describe('a member', () => {
  test('makes an invitation; its link is shown once and allows one registration', async () => {
    const bob = await member();
    expect((await bob.get('/account')).$(`a[href="${page}"]`).text()).toBe('Invitations');
    const path = await invitationBy(bob);
    expect(path).toMatch(/^\/register\?invitation=[\w-]{64}$/);
    const again = await bob.get(page);
    expect(again.$('#link')).toHaveLength(0);
    expect(withdrawals(again)).toHaveLength(1);
    const guest = stranger(app.url);
    const fields = { username: 'guest-1', password: guest.password };
    expect((await guest.submit(path, fields)).status).toBe(303);
    expect(await listed(bob)).toEqual([]);
  });

  test('is named on the page of the invitation, also when its form is shown again', async () => {
    const bob = await member();
    await bob.submit('/account/name', { displayName: 'Bob Whitfield' });
    const path = await invitationBy(bob);
    const words = `Bob Whitfield ${bob.username} invites you to Private Messages on letters.example.`;
    const guest = stranger(app.url);
    expect(leadOf(await guest.get(path))).toBe(words);
    const refused = await guest.submit(path, { username: 'x', password: 'y' });
    expect([refused.status, leadOf(refused)]).toEqual([422, words]);
  });

  test('gets links with the public address', async () => {
    await alice.submit(page);
    const link = (await alice.get(page)).$('#link').attr('value');
    expect(link).toMatch(/^http:\/\/letters\.example\/register\?invitation=/);
  });

  test('withdraws an invitation, which is then void', async () => {
    const bob = await member();
    const path = await invitationBy(bob);
    const kept = await invitationBy(bob);
    const [first] = await listed(bob);
    expect((await bob.submit(page, {}, first)).get('Location')).toBe(page);
    expect((await bob.get(page)).$('[role=status]').text()).toContain('withdrawn');
    expect([await worksAt(path), await worksAt(kept)]).toEqual([false, true]);
    expect(await listed(bob)).toHaveLength(1);
  });

  test('has at most three; used, withdrawn and expired ones do not count', async () => {
    const bob = await member();
    const token = await bob.hidden(page, page);
    const paths = [await invitationBy(bob), await invitationBy(bob), await invitationBy(bob)];
    expect((await bob.get(page)).$(`form[action="${page}"]`)).toHaveLength(0);
    const refused = await bob.post(page, token);
    expect([refused.status, refused.$('#form-error').text()]).toEqual([
      422,
      'You have the maximum number of open invitations.',
    ]);
    const guest = stranger(app.url);
    await guest.submit(paths[0]!, { username: 'guest-2', password: guest.password });
    expect((await bob.post(page, token)).status).toBe(303);
    expect((await bob.post(page, token)).status).toBe(422);
    await bob.submit(page, {}, (await listed(bob))[0]);
    expect((await bob.post(page, token)).status).toBe(303);
    await open.pool.query(`update invitations set expires_at = now() where inviter_id = $1`, [
      await idOf(bob),
    ]);
    expect((await bob.post(page, token)).status).toBe(303);
    expect(await listed(bob)).toHaveLength(1);
  });

  test('gets three when pressing the button thirty times concurrently at two processes', async () => {
    const bob = await member();
    const elsewhere = at(second.url, bob);
    const token = await bob.hidden(page, page);
    const presses = Array.from({ length: 30 }, (_, i) => (i % 2 ? bob : elsewhere).post(page, token));
    const statuses = (await Promise.all(presses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(3);
    expect(await listed(bob)).toHaveLength(3);
  });
});

const idOf = async (person: Person) => (await findAccount(open.pool, person.username))!.id;

describe('a member’s invitations are void', () => {
  test('when the account is disabled, and new ones cannot be made', async () => {
    const bob = await member();
    const path = await invitationBy(bob);
    const id = await idOf(bob);
    await open.pool.query('update users set disabled_at = now() where id = $1', [id]);
    expect(await worksAt(path)).toBe(false);
    expect(await makeMembersInvitation(open.pool, id, 3)).toBeUndefined();
  });

  test('as soon as the member deletes the account, and they are deleted too', async () => {
    const bob = await member();
    const path = await invitationBy(bob);
    const id = await idOf(bob);
    await bob.submit('/account/delete', { password: bob.password });
    expect(await worksAt(path)).toBe(false);
    const { rowCount } = await open.pool.query('select from invitations where inviter_id = $1', [id]);
    expect(rowCount).toBe(0);

    const carol = await member();
    const hers = await invitationBy(carol);
    await open.pool.query('update users set username = null where id = $1', [await idOf(carol)]);
    expect(await worksAt(hers)).toBe(false);
  });
});

describe('withdrawing an invitation', () => {
  test('answers 404 if it is another member’s, missing or malformed', async () => {
    const path = await invitationBy(charlie);
    const [own] = await listed(charlie);
    await makeInvitation(open.pool, operator);
    const token = await alice.hidden('/inbox', '/logout');
    const missing = `${page}/0195d9a0-7c4c-7000-8000-000000000000/withdraw`;
    for (const wrong of [own!, missing, `${page}/1/withdraw`, `${page}/%20/withdraw`]) {
      const answer = await alice.post(wrong, token);
      expect(answer.status).toBe(404);
    }
    expect(await worksAt(path)).toBe(true);
    const own2 = await charlie.submit(page, {}, own);
    expect(own2.status).toBe(303);
    expect((await charlie.post(own!, await charlie.hidden('/inbox', '/logout'))).status).toBe(404);
  });
});

describe('both pages', () => {
  test('require a login', async () => {
    const someone = stranger(app.url);
    expect((await someone.get(page)).get('Location')).toBe('/login?next=%2Faccount%2Finvitations');
    expect((await someone.post(page)).get('Location')).toBe('/login');
    expect((await someone.post(`${page}/1/withdraw`)).get('Location')).toBe('/login');
  });

  test('refuse forged forms', async () => {
    const before = await listed(alice);
    expect((await alice.post(page, {})).status).toBe(403);
    expect((await alice.post(before[0]!, { _csrf: 'x' })).status).toBe(403);
    expect(await listed(alice)).toEqual(before);
  });

  test('refuse other methods', async () => {
    for (const [path, allowed] of [
      [page, 'GET, POST'],
      [`${page}/1/withdraw`, 'POST'],
    ] as const) {
      const answer = await alice.ask('delete', path);
      expect([answer.status, answer.get('Allow')]).toEqual([405, allowed]);
    }
    expect((await alice.get(`${page}/1/withdraw`)).status).toBe(405);
  });
});

describe('where members may not invite', () => {
  test.each<Record<string, string>>([
    { REGISTRATION: 'invite' },
    { REGISTRATION: 'open', MEMBERS_INVITE: '3' },
    { REGISTRATION: 'closed', MEMBERS_INVITE: '3' },
  ])('there is no such page: %j', async (elsewhere) => {
    const site = await startApp(elsewhere, open.databaseUrl);
    const there = at(site.url, alice);
    expect((await there.get(page)).status).toBe(404);
    expect((await there.post(page, await there.hidden('/inbox', '/logout'))).status).toBe(404);
    expect((await there.get('/account')).$(`a[href="${page}"]`)).toHaveLength(0);
    await site.close();
  });
});
