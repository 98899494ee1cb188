// Buttons of a list say which row they are for, by what stays the same, and no two say the same.
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { loggedInWith } from '../support/agents.ts';
import { withPasskey } from '../support/passkey.ts';
import { at, type Person } from '../support/person.ts';

const { app, alice } = await cast();
const byInvitation = await startApp({ REGISTRATION: 'invite', MEMBERS_INVITE: '3' }, app.databaseUrl);
afterAll(() => Promise.all([app.close(), byInvitation.close()]));

async function namesOn(person: Person, path: string, end: string): Promise<string[]> {
  const { $ } = await person.get(path);
  const names = $(`form[action$="${end}"] button`)
    .toArray()
    .map((button) => $(button).text().replaceAll(/\s+/g, ' ').trim());
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).not.toMatch(/ago|just now|yesterday/);
  return names;
}

test('drafts, by their beginning', async () => {
  for (const body of ['First thought', 'Second thought', '']) {
    const form = await alice.hidden('/send');
    await alice.post('/drafts', { ...form, recipient: 'bob', body });
  }
  expect((await namesOn(alice, '/drafts', '/discard')).toSorted()).toEqual([
    'Discard the draft to bob: First thought',
    'Discard the draft to bob: Second thought',
    'Discard the draft to bob: empty',
  ]);
});

test('devices, by the time of their login', async () => {
  for (const minutes of [10, 20]) {
    await loggedInWith(app.url, alice);
    await app.pool.query(
      `update sessions set sess = jsonb_set(sess, '{startedAt}', to_jsonb((sess->>'startedAt')::bigint - $1))`,
      [minutes * 60_000],
    );
  }
  const names = await namesOn(alice, '/account/devices', '/end');
  expect(names).toHaveLength(2);
  for (const name of names)
    expect(name).toMatch(/^Log out .+, logged in on \w+day, \d+ \w+ \d{4} at \d\d:\d\d UTC$/);
});

test('passkeys, by the time when they were added', async () => {
  await withPasskey(alice);
  const [name] = await namesOn(alice, '/account/passkeys', '/remove');
  expect(name).toMatch(/^Remove .+, added on \w+day, \d+ \w+ \d{4} at \d\d:\d\d UTC$/);
});

test('invitations, by their number and time', async () => {
  const inviting = at(byInvitation.url, alice);
  for (let count = 0; count < 2; count += 1) await inviting.submit('/account/invitations');
  const names = await namesOn(inviting, '/account/invitations', '/withdraw');
  for (const [index, name] of names.entries())
    expect(name).toMatch(new RegExp(`^Withdraw invitation ${index + 1}, which works until .+ UTC$`));
  expect(names).toHaveLength(2);
});
