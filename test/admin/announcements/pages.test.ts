// /admin/announcements: written, shown as it will be read, sent; never twice, and never lost.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ageConfirmation, makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { filledIn } from '../../support/forms.ts';
import { messagesOn } from '../../support/inbox.ts';
import { stranger, type Person } from '../../support/person.ts';
import { copiesOf, oneEach } from './crowd.ts';

const page = '/admin/announcements';
const { app, reset } = await cast();
afterAll(() => app.close());
let alice: Person;
let bob: Person;
beforeEach(async () => {
  await app.pool.query('delete from announcements');
  ({ alice, bob } = await reset());
  await makeAdmin(app, alice);
});

test('is previewed with the number of members, and sent to all of them', async () => {
  const body = '\n\nBack at <b>noon</b>,\n  see https://letters.example/a';
  const preview = await alice.post(page, { ...(await alice.hidden(page)), body });
  expect(preview.status).toBe(200);
  expect(preview.$('h1').text()).toBe('Announcement from Private Messages');
  expect(preview.$('.text').text()).toBe(body);
  expect(preview.$('.text a').attr('href')).toBe('https://letters.example/a');
  expect(preview.$('.when').text()).toContain('To 3 members');
  expect(await copiesOf(app.pool, body)).toMatchObject([{ copies: 0 }]);

  const sent = await alice.post(page, { ...filledIn(preview, page), button: 'send' });
  expect([sent.status, sent.headers.location]).toEqual([303, page]);
  expect(await copiesOf(app.pool, body)).toEqual(oneEach(3));
  const list = await alice.get(page);
  expect(list.$('[role=status]').text()).toBe('Sent to 3 members.');
  expect(list.$('.rows li').text().replaceAll(/\s+/g, ' ')).toMatch(
    /Back at <b>noon<\/b>.* by alice · to 3 members/,
  );
  expect(messagesOn(await bob.get('/inbox'))[0]!.sender).toBe('Private Messages');
});

test('can be changed after the preview', async () => {
  const preview = await alice.post(page, { ...(await alice.hidden(page)), body: '\nFirst words\n' });
  const again = await alice.post(page, { ...filledIn(preview, page), button: 'change' });
  expect(filledIn(again, page).body).toBe('\r\nFirst words\r\n');
  expect((await app.pool.query('select from announcements')).rowCount).toBe(0);
});

test('a form sent twice, or by two administrators, is sent once', async () => {
  await makeAdmin(app, bob);
  const form = async (person: Person) => ({ ...(await person.hidden(page)), body: 'Once', button: 'send' });
  const [own, others] = [await form(alice), await form(bob)];
  const answers = await Promise.all([alice.post(page, own), alice.post(page, own), bob.post(page, others)]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
  await expect.poll(() => copiesOf(app.pool, 'Once')).toEqual(oneEach(3));
  expect((await app.pool.query('select from announcements')).rowCount).toBe(1);
  await alice.post(page, own);
  expect((await alice.get(page)).$('[role=status]').text()).toContain('nobody gets it twice');
});

test.each([
  ['', 'Please write a message.'],
  ['x'.repeat(10_001), 'at most 10,000 characters'],
])('refuses what is no message, and keeps it', async (body, words) => {
  const answer = await alice.post(page, { ...(await alice.hidden(page)), body, button: 'send' });
  expect([answer.status, answer.$('#body-error').text()]).toEqual([422, expect.stringContaining(words)]);
  expect(answer.$('#body').text().replace(/^\n/, '')).toBe(body);
});

test('keeps the text through an expired form and through the question for the password', async () => {
  const body = 'Not lost';
  const expired = await alice.post(page, { _csrf: 'too old', body });
  expect([expired.status, expired.$('#body').text().trim()]).toEqual([403, body]);
  const form = { ...(await alice.hidden(page)), body, button: 'send' };
  await ageConfirmation(app, alice, 16);
  const asked = await alice.post(page, form);
  expect(asked.$('h1').text()).toBe('Confirm that it is you');
  expect(await copiesOf(app.pool, body)).toMatchObject([{ copies: 0 }]);
  await alice.post(page, { ...filledIn(asked, page), password: alice.password });
  expect(await copiesOf(app.pool, body)).toEqual(oneEach(3));
});

test('keeps the text when the session has ended; others do not see the form', async () => {
  const body = 'Not lost either';
  const form = { ...(await alice.hidden(page)), body };
  const late = await stranger(app.url).post(page, form);
  expect([late.status, late.$('#body').text().trim()]).toEqual([401, body]);
  const others = await bob.post(page, { ...form, ...(await bob.hidden('/sent', '/logout')) });
  expect([others.status, others.$('#body')]).toEqual([404, expect.objectContaining({ length: 0 })]);
});

test('is logged without its text', async () => {
  await alice.post(page, { ...(await alice.hidden(page)), body: 'Secret of all', button: 'send' });
  const { rows } = await app.pool.query<{ line: string }>(
    'select l::text as line from operator_log l order by id desc limit 1',
  );
  expect(rows[0]!.line).toContain('announce');
  expect(rows[0]!.line).not.toContain('Secret');
});

test('the list has pages', async () => {
  await app.pool.query(
    `insert into announcements (id, body, sent_to, done_at)
     select uuidv7(), 'Number ' || n, 1, now() from generate_series(1, 30) n`,
  );
  const first = await alice.get(page);
  expect(first.$('.rows li')).toHaveLength(25);
  const older = await alice.get(first.$('a[rel=next]').attr('href')!);
  expect(older.$('.rows li')).toHaveLength(5);
  expect((await alice.get(older.$('a[rel=prev]').attr('href')!)).$('.rows li')).toHaveLength(25);
  expect((await alice.get(`${page}?before=x`)).status).toBe(400);
});
