// /admin/reports: the list shows no content; opening one is a look, logged and shown to its reporter.
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/ids.ts';
import { encryptContent } from '../../../src/mailbox/reports/encrypted.ts';
import { createEncryption } from '../../../src/secrets/encryption.ts';
import { makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { withoutTokens } from '../../support/forms.ts';
import { idOf } from '../../support/mailboxes.ts';
import type { Answer, Person } from '../../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  await app.pool.query('delete from operator_log');
  await makeAdmin(app, alice);
});

const page = '/admin/reports';
const body = 'You are <b>stupid</b> https://example.org/trap';
const words = 'For weeks now';

/** Its address, for administrators. */
async function reported(by = charlie, from = bob, text = body): Promise<string> {
  await from.send(by.username, text);
  await by.submit(`/messages/${await idOf(app.pool, by, text, 'inbox')}/report`, { words });
  const { rows } = await app.pool.query<{ id: string }>('select id from reports order by id desc limit 1');
  return `${page}/${rows[0]!.id}`;
}

async function acts(): Promise<unknown[]> {
  const { rows } = await app.pool.query(
    `select l.command, l.options, a.username as admin, u.username as about
     from operator_log l join users a on a.id = l.admin_id left join users u on u.id = l.user_id order by l.id`,
  );
  return rows.map((row) => Object.values(row as object) as unknown);
}

const looks = async () => (await charlie.get('/account/reports')).$('.steps time').length;

describe('the list', () => {
  test('names both and the time, and nothing of what was reported', async () => {
    expect((await alice.get(page)).$('.empty').text()).toBe('No report is open.');
    const path = await reported();
    const answer = await alice.get(page);
    expect(answer.$('.rows h2').text()).toBe('charlie about bob');
    expect(answer.$('.rows a').attr('href')).toBe(path);
    expect(answer.text).not.toMatch(/stupid|weeks/);
    expect(answer.$('a[href*="/messages"], a[href*="/with/"]')).toHaveLength(0);
    expect((await alice.get('/admin')).$('dd').text()).toContain('1 open');
    expect(await acts()).toEqual([]);
    expect(await looks()).toBe(0);
  });

  test('has pages, of open and of closed ones', async () => {
    for (let n = 1; n <= 60; n++)
      await app.pool.query(
        `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at, closed_at, outcome)
         select c.id, $1, gen_random_uuid(), b.id, 'x', now(), case when $2 then now() end,
           case when $2 then 'nothing' end
         from users c, users b where c.username = 'charlie' and b.username = 'bob'`,
        [newId(new Date(Date.now() - n * 1000)), n % 2 === 0],
      );
    for (const address of [page, `${page}?state=closed`]) {
      const first = await alice.get(address);
      expect(first.$('.rows li')).toHaveLength(25);
      const older: Answer = await alice.get(first.$('a[rel=next]').attr('href')!);
      expect([older.$('.rows li').length, older.$('h1').text()]).toEqual([5, first.$('h1').text()]);
      expect((await alice.get(older.$('a[rel=prev]').attr('href')!)).$('.rows li')).toHaveLength(25);
    }
    expect((await alice.get(`${page}?before=x`)).status).toBe(400);
  });
});

describe('opening one', () => {
  test('shows the message and the words as text, without links', async () => {
    const { $ } = await alice.get(await reported());
    const texts = $('.quoted .text')
      .toArray()
      .map((text) => $(text).text());
    expect(texts).toEqual([body, words]);
    const links = $('main a')
      .toArray()
      .map((link) => $(link).attr('href'));
    expect(links.filter((href) => !href!.startsWith('/admin'))).toEqual([]);
  });

  test('is logged, and the reporter sees it', async () => {
    const path = await reported();
    await alice.get(path);
    expect(await acts()).toEqual([['reports look', [path.split('/').at(-1)], 'alice', 'bob']]);
    expect(await looks()).toBe(1);
    expect((await charlie.get('/account/reports')).$('.steps').text()).toContain(
      'An administrator looked at it',
    );
    expect((await alice.get(page)).$('.rows .hint').text()).toContain('looked at');
  });

  test('nobody looks in a prefetch, which shows nothing', async () => {
    const path = await reported();
    const answer = await alice.ask('get', path, { 'Sec-Purpose': 'prefetch' });
    expect(answer.text).not.toMatch(/stupid|weeks/);
    expect(answer.$(`a[href="${path}"]`).text()).toBe('Show what it holds');
    await alice.ask('head', path);
    expect([await acts(), await looks()]).toEqual([[], 0]);
  });

  test('still shows it after both copies are gone, taken back or deleted', async () => {
    const path = await reported();
    await app.pool.query('delete from messages');
    expect((await alice.get(path)).$('.quoted .text').first().text()).toBe(body);
  });

  test('says that it cannot be read with another secret.key, and it can still be closed', async () => {
    const path = await reported();
    const { rows } = await app.pool.query<{ reporterId: string; id: string }>(
      `select reporter_id as "reporterId", id from reports`,
    );
    const content = { body, sentAt: new Date(), from: 'bob', displayName: null, words };
    await app.pool.query('update reports set encrypted = $1', [
      encryptContent(createEncryption(Buffer.alloc(32, 7)), rows[0]!, content),
    ]);
    const answer = await alice.get(path);
    expect([answer.status, answer.$('main').text()]).toEqual([
      200,
      expect.stringContaining('cannot be read') as string,
    ]);
    const closed = await alice.submit(path, { outcome: 'nothing', answer: 'Sorry' }, `${path}/close`);
    expect(closed.status).toBe(303);
  });
});

describe('nobody decides in a case of their own', () => {
  test.each(['by', 'about'])('a report %s an administrator is not there for that one', async (what) => {
    const path = what === 'by' ? await reported(alice, bob) : await reported(charlie, alice);
    expect((await alice.get(page)).$('.empty').text()).toBe('No report is open.');
    expect((await alice.get('/admin')).$('dd').text()).toContain('none open');
    const form = { ...(await alice.hidden('/admin', '/logout')), outcome: 'nothing', answer: '' };
    const unknown = await alice.get(`${page}/0195d9a0-7c4c-7000-8000-000000000000`);
    const answers = [await alice.get(path), await alice.post(`${path}/close`, form)];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(withoutTokens(answers[0]!.text)).toBe(withoutTokens(unknown.text));
    expect(await acts()).toEqual([]);
    const other = what === 'by' ? charlie : bob;
    await makeAdmin(app, other);
    expect((await other.get(path)).status).toBe(200);
  });
});

test('there is no way from a report to a mailbox: its pages work without the right to read messages', async () => {
  const path = await reported();
  const other = await reported(charlie, bob, 'Another');
  const readable = 'searched_messages, drafts, sent_forms, conversations';
  // What leaving a notice takes: it returns the key of the message. Every page counts requests and what is unread.
  await app.pool.query(
    `revoke select on messages, unread, ${readable} from private_messages_owner;
     grant select (owner_id, id, box, trashed_at) on messages to private_messages_owner;
     grant select (owner_id, id, is_quiet) on unread to private_messages_owner`,
  );
  onTestFinished(() =>
    app.pool.query(`grant select on messages, unread, ${readable} to private_messages_owner`).then(() => {}),
  );
  expect((await bob.get('/inbox')).status).toBe(500);
  for (const address of ['/admin', page, `${page}?state=closed`, path, other])
    expect([address, (await alice.get(address)).status]).toEqual([address, 200]);
  const close = async (address: string, fields: Record<string, string>) =>
    alice.post(`${address}/close`, { ...(await alice.hidden('/admin', '/logout')), answer: '', ...fields });
  expect((await close(path, { outcome: 'warned', warning: 'Be kind' })).status).toBe(303);
  expect((await close(other, { outcome: 'disabled', answer: 'Thank you' })).status).toBe(303);
});
