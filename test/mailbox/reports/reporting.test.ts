// Reporting a received message: what is shown, stored, refused and told.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { lowestIdAt } from '../../../src/ids.ts';
import { maxOpenReports, maxReportsPerDay } from '../../../src/mailbox/reports/report.ts';
import { createLog } from '../../../src/web/log.ts';
import { makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { messagesOn } from '../../support/inbox.ts';
import { columnsWith, idOf, tokenOf } from '../../support/mailboxes.ts';
import { stranger, type Fields, type Person } from '../../support/person.ts';

let written = '';
const log = createLog('info', { write: (text) => void (written += text) });
const { app, reset } = await cast({}, { log });
let alice: Person;
let bob: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
});

const body = 'Canary body <b>x</b> https://example.org/trap';
const words = 'Canary words: he goes on & on';

async function received(text = body): Promise<string> {
  await bob.send('alice', text);
  return `/messages/${await idOf(app.pool, alice, text, 'inbox')}/report`;
}

const countReports = async () => (await app.pool.query('select from reports')).rowCount;
const noticesOf = async (person: Person) =>
  messagesOn(await person.get('/inbox')).filter(({ sender }) => sender === 'Private Messages');

describe('the page', () => {
  test('is linked from a received message and from one in the trash, and shows the message as text', async () => {
    const path = await received();
    const message = path.replace('/report', '');
    expect((await alice.get(message)).$(`a[href="${path}"]`).text()).toBe('Report');
    const { $ } = await alice.get(path);
    expect($('.quoted .text').text()).toBe(body);
    expect($('.quoted a')).toHaveLength(0);
    expect($('.terms').text()).toContain('bob is not told');
    await alice.submit(message, {}, `${message}/delete`);
    const trashed = await alice.get(message.replace('messages', 'trash'));
    expect(trashed.$(`a[href="${path}"]`)).toHaveLength(1);
    expect((await alice.get(path)).status).toBe(200);
  });

  test('counts as opening the message: it cannot be taken back any more', async () => {
    const path = await received();
    const prefetched = await alice.ask('get', path, { 'Sec-Purpose': 'prefetch' });
    expect(prefetched.status).toBe(200);
    expect((await app.pool.query('select from unread')).rowCount).toBe(1);
    await alice.get(path);
    const sent = await idOf(app.pool, bob, body, 'sent');
    await bob.submit(`/messages/${sent}`, {}, `/messages/${sent}/unsend`);
    expect((await bob.get('/sent')).$('.flash').text()).toContain('cannot be taken back');
    expect((await alice.submit(path, { words })).status).toBe(303);
  });

  test('is linked from a request and from what a blocked person wrote, which stay where they are', async () => {
    const path = await received();
    for (const box of ['requests', 'blocked']) {
      await app.pool.query(`update messages set box = $1 where box <> 'sent'`, [box]);
      expect((await alice.get(path.replace('/report', ''))).$(`a[href="${path}"]`).text()).toBe('Report');
      expect((await alice.get(path)).$('.quoted .text').text()).toBe(body);
      expect((await app.pool.query('select from messages where box = $1', [box])).rowCount).toBe(1);
    }
    expect((await alice.submit(path, { words })).status).toBe(303);
  });

  test('is there for no other message: sent, to oneself, a notice, an announcement, imported', async () => {
    await alice.send('bob', 'Sent');
    await alice.send('alice', 'Note to self');
    await bob.send('alice', 'From bob');
    const ids = async () =>
      (
        await app.pool.query<{ id: string }>(
          `select m.id from messages m join users u on u.id = m.owner_id where u.username = 'alice'`,
        )
      ).rows.map(({ id }) => id);
    const origins = ['notice', 'announcement', 'imported', 'imported notice', null];
    const token = await tokenOf(alice);
    const found: unknown[] = [];
    for (const origin of origins) {
      await app.pool.query(
        `update messages set origin = $1, other_name = case when $1 like 'imported%' then 'bob' end
         where body = 'From bob'`,
        [origin],
      );
      for (const id of await ids()) {
        const { status } = await alice.get(`/messages/${id}/report`);
        if (status === 200) found.push([origin, id]);
        else expect((await alice.post(`/messages/${id}/report`, token)).status).toBe(404);
        const links = (await alice.get(`/messages/${id}`)).$('a[href$="/report"]').length;
        expect([id, links]).toEqual([id, status === 200 ? 1 : 0]);
      }
    }
    expect(found).toEqual([[null, await idOf(app.pool, alice, 'From bob', 'inbox')]]);
    expect(await countReports()).toBe(0);
  });

  test('is not there once the sender’s account is deleted', async () => {
    const path = await received();
    await bob.submit('/account/delete', { password: bob.password });
    expect((await alice.get(path)).status).toBe(404);
  });
});

describe('a report', () => {
  test('is stored once, encrypted, and in no log', async () => {
    const path = await received();
    const form = { ...(await alice.hidden(path)), words };
    const first = await alice.post(path, form);
    expect([first.status, first.headers.location]).toEqual([303, '/account/reports']);
    expect((await alice.get('/account/reports')).$('.flash').text()).toContain('Reported.');
    await alice.post(path, form);
    expect((await alice.get('/account/reports')).$('.flash').text()).toContain('already');
    expect(await countReports()).toBe(1);
    expect((await alice.get(path)).$('main').text()).toContain('You reported this message');

    expect(await columnsWith(app.pool, 'Canary words')).toEqual([]);
    expect(await columnsWith(app.pool, 'Canary body')).toEqual(['messages.body']);
    for (const word of ['Canary', 'bob', 'alice']) expect(written).not.toContain(word);
  });

  test('holds the message as it was, after both copies are gone', async () => {
    const path = await received();
    await alice.submit(path, { words: '' });
    await app.pool.query('delete from messages');
    const { $ } = await alice.get('/account/reports');
    expect($('blockquote').text()).toBe(body);
    expect($('.rows').text()).toContain('No administrator has looked at it yet.');
  });

  test('tells the administrators once, but none whom it concerns', async () => {
    const other = stranger(app.url, 'dora');
    await other.submit('/register', { username: 'dora', password: other.password });
    for (const person of [alice, bob, charlie, other]) await makeAdmin(app, person);
    await alice.submit(await received('One'), { words });
    await alice.submit(await received('Two'), { words });
    for (const person of [charlie, other]) {
      const [notice, ...more] = await noticesOf(person);
      expect(more).toEqual([]);
      expect(notice!.body).toMatch(/^Somebody reported a message .*\/admin\/reports$/);
      expect(notice!.body).not.toMatch(/alice|bob|Canary/);
    }
    for (const person of [alice, bob]) expect(await noticesOf(person)).toEqual([]);
  });
});

describe('refusals keep the words', () => {
  const kept = async (path: string, fields: Fields, person = alice) => {
    const answer = await person.post(path, fields);
    return [answer.status, answer.$('textarea[name=words]').text()];
  };

  test('words that are too long', async () => {
    const path = await received();
    const long = 'x'.repeat(10_001);
    const answer = await alice.submit(path, { words: long });
    expect([answer.status, answer.$('#words-error').text()]).toEqual([
      422,
      expect.stringContaining('10,000 characters') as string,
    ]);
    expect(answer.$('textarea[name=words]').text()).toBe(long);
    expect(answer.$('.quoted .text').text()).toBe(body);
    expect((await alice.submit(path, { words: '🦉'.repeat(10_000) })).status).toBe(303);
  });

  test('a form without its token, or after a logout', async () => {
    const path = await received();
    expect(await kept(path, { words })).toEqual([403, words]);
    expect(await kept(path, { words }, stranger(app.url))).toEqual([401, words]);
    expect((await stranger(app.url).post(path)).headers.location).toBe('/login');
    expect(await countReports()).toBe(0);
  });

  test('a message that is gone', async () => {
    const path = await received();
    const form = { ...(await alice.hidden(path)), words };
    await app.pool.query('delete from messages');
    expect(await kept(path, form)).toEqual([404, words]);
  });

  test(`the ${maxReportsPerDay + 1}th within a day, also when many are made at the same moment`, async () => {
    const paths: string[] = [];
    for (let n = 0; n < maxReportsPerDay + 4; n++) paths.push(await received(`Message ${n}`));
    const form = { ...(await alice.hidden(paths[0]!)), words };
    const answers = await Promise.all(
      paths.map(async (path) => {
        for (;;) {
          const answer = await alice.post(path, form);
          if (answer.status !== 503) return answer;
        }
      }),
    );
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(maxReportsPerDay);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.$('[role=alert]').text()).toContain('10 messages within a day');
    expect(refused.$('textarea[name=words]').text()).toBe(words);
    expect(await countReports()).toBe(maxReportsPerDay);
    // A report that there is already does not count.
    const again = paths[answers.findIndex(({ status }) => status === 303)];
    expect((await alice.post(again!, form)).status).toBe(303);
  });

  test(`more than ${maxOpenReports} that nobody has closed`, async () => {
    const path = await received();
    await app.pool.query(
      `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at)
       select id, ($1::text || lpad(n::text, 4, '0'))::uuid, gen_random_uuid(), id, 'x', now() - interval '2 days'
       from users, generate_series(1, $2) n where username = 'alice'`,
      [lowestIdAt(new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)).slice(0, -4), maxOpenReports],
    );
    const answer = await alice.submit(path, { words });
    expect([answer.status, answer.$('textarea[name=words]').text()]).toEqual([429, words]);
    await app.pool.query(
      `update reports set closed_at = now(), outcome = 'nothing' where id = (select max(id::text)::uuid from reports)`,
    );
    expect((await alice.submit(path, { words })).status).toBe(303);
  });
});
