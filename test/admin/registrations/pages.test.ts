// /admin/registrations: who waits, oldest first, and the two decisions.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { stranger, type Person } from '../../support/person.ts';

const page = '/admin/registrations';
const { app, reset } = await cast({ REGISTRATION: 'approve' });
afterAll(() => app.close());
let alice: Person;
beforeEach(async () => {
  await app.pool.query('delete from registrations');
  ({ alice } = await reset());
  await makeAdmin(app, alice);
});

const password = 'seven tall cranes';
const ask = (username: string, line: string) =>
  stranger(app.url).submit('/register', { username, password, line });
const login = (username: string) => stranger(app.url).submit('/login', { username, password });
const decide = async (act: string) => {
  const { $ } = await alice.get(page);
  const addresses = $(`form[action$="/approve"], button[formaction$="/decline"]`)
    .toArray()
    .map((element) => $(element).attr('formaction') ?? $(element).attr('action')!);
  return alice.submit(
    page,
    {},
    addresses.find((address) => address.endsWith(act)),
  );
};

test('lists who waits with their line, as text', async () => {
  expect((await alice.get(page)).$('.empty').text()).toBe('Nobody waits.');
  await ask('zora', 'I know <b>Bob</b>');
  await ask('dora', 'Me too');
  const { $ } = await alice.get(page);
  expect($('.rows h2').text()).toBe('zoradora');
  expect($('.rows p[dir]').first().text()).toBe('I know <b>Bob</b>');
});

test('approves', async () => {
  await ask('dora', 'A line');
  const answer = await decide('/approve');
  expect([answer.status, answer.headers.location]).toEqual([303, page]);
  expect((await alice.get(page)).$('[role=status]').text()).toBe('dora is a member now.');
  expect((await login('dora')).status).toBe(303);
  const { rows } = await app.pool.query(
    'select l.command, u.username from operator_log l join users u on u.id = l.user_id order by l.id desc limit 1',
  );
  expect(rows).toEqual([{ command: 'registrations approve', username: 'dora' }]);
});

test('asks before it declines', async () => {
  await ask('dora', 'A line');
  const { $ } = await alice.get(page);
  const address = $('[formaction$="/decline"]').attr('formaction')!;
  const asked = await alice.post(address, await alice.hidden(page, address));
  expect(asked.$('#confirm .lead').text()).toContain('Decline this registration?');
  expect((await login('dora')).$('.error').text()).toContain('waits');
  await decide('/decline');
  expect((await alice.get(page)).$('[role=status]').text()).toContain('dora is declined');
  expect((await login('dora')).$('.error').text()).toContain('declined');
  const again = await alice.post(address, { ...(await alice.hidden('/sent', '/logout')), confirmed: 'yes' });
  expect(again.status).toBe(404);
});

test('has pages', async () => {
  await app.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash)
     select uuidv7(), 'waiting-' || n, '', 'Line', '' from generate_series(1, 30) n`,
  );
  const first = await alice.get(page);
  expect(first.$('.rows li')).toHaveLength(25);
  const next = await alice.get(first.$('a[rel=next]').attr('href')!);
  expect(next.$('.rows li')).toHaveLength(5);
  expect(next.$('.pages a').attr('href')).toBe(page);
  expect((await alice.get(`${page}?after=x`)).status).toBe(400);
});
