// Reply with quote, and Forward: a new message that begins with the text of another.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { bodyLimit } from '../../../src/mailbox/compose/message-form.ts';
import { leaveNotice } from '../../../src/mailbox/notices.ts';
import { cast } from '../../support/cast.ts';
import { filledIn } from '../../support/forms.ts';
import { newestOf } from '../../support/inbox.ts';
import { idOf } from '../../support/mailboxes.ts';
import type { Person } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());
beforeEach(() => app.pool.query('delete from messages'));

async function received(body: string, sentAt = '2026-11-03T10:05:00Z'): Promise<string> {
  await alice.send('bob', body);
  await app.pool.query('update messages set sent_at = $1', [sentAt]);
  return idOf(app.pool, bob, body);
}

async function form(person: Person, path: string): Promise<{ to: string; body: string }> {
  const { recipient, body } = filledIn(await person.get(path), '/send');
  return { to: recipient!, body: body!.replaceAll('\r\n', '\n') };
}
const when = 'Tuesday, 3 November 2026 at 10:05 UTC';

describe('Reply with quote', () => {
  test('names its writer and time, and begins every line with "> "', async () => {
    const id = await received('One\n\n> older\nتَحِيّة\n\n');
    expect(await form(bob, `/send?quote=${id}`)).toEqual({
      to: 'alice',
      body: `alice wrote on ${when}:\n> One\n>\n> > older\n> تَحِيّة\n\n`,
    });
  });

  test('of an own message goes to its recipient', async () => {
    await received('One');
    const sent = await idOf(app.pool, alice, 'One');
    expect(await form(alice, `/send?quote=${sent}`)).toEqual({
      to: 'bob',
      body: `I wrote on ${when}:\n> One\n\n`,
    });
  });

  test('is on the page of every message that can be answered', async () => {
    const id = await received('One');
    const links = async (person: Person, path: string) =>
      (await person.get(path)).$('[data-actions] a').toArray().map((link) => link.attribs.href); // prettier-ignore
    expect(await links(bob, `/messages/${id}`)).toEqual([
      '#body',
      `/send?quote=${id}#body`,
      `/send?forward=${id}`,
      '/with/alice',
      `/messages/${id}/report`,
    ]);
    await notice();
    const [row] = (await app.pool.query<{ id: string }>("select id from messages where origin = 'notice'"))
      .rows;
    expect(await links(bob, `/messages/${row!.id}`)).toEqual([`/send?forward=${row!.id}`]);
  });
});

async function notice(): Promise<void> {
  const { rows } = await app.pool.query<{ id: string }>("select id from users where username = 'bob'");
  await leaveNotice(app.pool, rows[0]!.id, 'A word from the program');
}

test('Forward names the origin, and keeps the text as it is', async () => {
  const id = await received('\tOne\n\n  two\n');
  expect(await form(bob, `/send?forward=${id}`)).toEqual({
    to: '',
    body: `Forwarded: from alice, ${when}\n\n\tOne\n\n  two\n`,
  });
  await notice();
  const { rows } = await app.pool.query<{ id: string }>("select id from messages where origin = 'notice'");
  const { body } = await form(bob, `/send?forward=${rows[0]!.id}`);
  expect(body).toMatch(/^Forwarded: from Private Messages, .*\n\nA word from the program$/);
});

test('what it makes can be sent, and one that is too long is kept to be shortened', async () => {
  const id = await received('One');
  const page = await bob.get(`/send?forward=${id}`);
  expect((await bob.post('/send', { ...filledIn(page, '/send'), recipient: 'charlie' })).status).toBe(303);
  expect((await newestOf(charlie))!.body).toBe(`Forwarded: from alice, ${when}\n\nOne`);

  const long = await received('x'.repeat(bodyLimit));
  const longer = filledIn(await bob.get(`/send?quote=${long}`), '/send');
  const refused = await bob.post('/send', longer);
  expect(refused.status).toBe(422);
  expect(filledIn(refused, '/send').body).toBe(longer.body);
});

describe('whose text it shows', () => {
  test.each(['quote', 'forward'])(
    '%s: a stranger’s, a missing and a malformed id are not found',
    async (way) => {
      const id = await received('Confidential');
      for (const wrong of [id, '01890000-0000-7000-8000-000000000000', 'x', ''])
        expect((await charlie.get(`/send?${way}=${wrong}`)).status).toBe(404);
      expect((await charlie.get(`/send?${way}[a]=${id}`)).text).not.toContain('Confidential');
    },
  );

  test.each(['quote', 'forward'])(
    '%s: a message whose text was shown can no longer be taken back',
    async (way) => {
      const id = await received('Seen');
      await bob.get(`/send?${way}=${id}`);
      const sent = await idOf(app.pool, alice, 'Seen');
      await alice.submit('/sent', { confirmed: 'yes' }, `/messages/${sent}/unsend`);
      expect((await bob.get(`/messages/${id}`)).status).toBe(200);
    },
  );

  test('but a page that a browser only prefetches opens nothing', async () => {
    const id = await received('Unseen');
    await bob.ask('get', `/send?quote=${id}`, { 'Sec-Purpose': 'prefetch' });
    expect((await bob.get('/inbox')).$('.messages > li.unread')).toHaveLength(1);
  });
});

describe('the answer box on the page of a message', () => {
  test('sends to the other person and leads to the conversation', async () => {
    const id = await received('A question');
    const page = await bob.get(`/messages/${id}`);
    expect(page.$('label[for=body]').text()).toBe('Write to alice');
    const answer = await bob.post('/send', { ...filledIn(page, '/send'), body: 'An answer' });
    expect([answer.status, answer.headers.location]).toEqual([303, expect.stringMatching(/^\/with\/alice/)]);
    expect((await newestOf(alice))!.body).toBe('An answer');
  });

  test('is missing where there is nobody to answer', async () => {
    await notice();
    const { rows } = await app.pool.query<{ id: string }>("select id from messages where origin = 'notice'");
    expect((await bob.get(`/messages/${rows[0]!.id}`)).$('textarea')).toHaveLength(0);
  });
});

test('the exact time of a message is visible', async () => {
  const id = await received('One');
  const { $ } = await bob.get(`/messages/${id}`);
  expect($('.message time').text()).toBe(when);
});
