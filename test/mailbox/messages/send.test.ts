// Sending: validation and result.
import { afterAll, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { stranger } from '../../support/person.ts';
import { newestOf } from '../../support/inbox.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

const count = async () => (await app.pool.query('select from messages')).rowCount;

describe('a message', () => {
  test('is stored as two copies, each owned by one user', async () => {
    await alice.send('bob', 'Two copies');
    const { rows } = await app.pool.query(
      `select o.username as owner, m.box, x.username as other from messages m
       join users o on o.id = m.owner_id join users x on x.id = m.other_id
       where m.body = 'Two copies' order by owner`,
    );
    expect(rows).toEqual([
      { owner: 'alice', box: 'sent', other: 'bob' },
      { owner: 'bob', box: 'inbox', other: 'alice' },
    ]);
  });

  test('has a UUIDv7 id with its time', async () => {
    const { rows } = await app.pool.query<{ id: string; ms: number }>(
      `select id, extract(epoch from sent_at)::float8 * 1000 as ms from messages where body = 'Two copies'`,
    );
    for (const { id, ms } of rows) {
      expect(id[14]).toBe('7');
      expect(Math.abs(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - ms)).toBeLessThan(100);
    }
  });

  test('is confirmed once, on the next page', async () => {
    const answer = await alice.send('bob', 'Announced');
    expect([answer.status, answer.headers.location]).toEqual([303, '/inbox']);
    expect((await alice.get('/inbox')).$('[role=status]').text()).toContain('Sent to bob.');
    expect((await alice.get('/inbox')).text).not.toContain('Sent to bob.');
  });

  test('finds its recipient regardless of case and surrounding spaces', async () => {
    expect((await alice.send('  BoB ', 'To Bob')).status).toBe(303);
    expect(await newestOf(bob)).toEqual({ sender: 'alice', body: 'To Bob' });
    expect((await alice.get('/inbox')).$('[role=status]').text()).toContain('Sent to bob.');
  });

  test('may go to oneself', async () => {
    expect((await alice.send('alice', 'Note to self')).status).toBe(303);
    expect(await newestOf(alice)).toEqual({ sender: 'alice', body: 'Note to self' });
  });
});

describe('the message is not sent, and the text is kept:', () => {
  test.each([
    ['10,001 letters', 'bob', 'x'.repeat(10_001)],
    ['10,001 emoji', 'bob', '🦉'.repeat(10_001)],
    ['an unknown recipient', 'zoe', 'Dear Zoe'],
    ['an unknown recipient and empty lines first', 'zoe', '\n\nDear Zoe\n\n'],
    ['an unknown recipient and spaces first', 'zoe', '  \tDear Zoe  '],
    ['an unknown recipient and markup', 'zoe', '</textarea><b>&amp;'],
    ['a recipient with NUL', 'bo\0b', 'Dear Bob'],
    ['a recipient of ten thousand characters', 'b'.repeat(10_000), 'Dear Bob'],
    ['no recipient', ' ', 'Dear ...'],
    ['NUL in the text', 'bob', 'NUL: \0.'],
  ])('%s', async (_, recipient, body) => {
    const before = await count();
    const answer = await alice.send(recipient, body);
    expect(answer.status).toBe(422);
    // HTML cannot hold NUL: browsers read it as a replacement character.
    expect(answer.$('textarea[name=body]').text()).toBe(body.replace('\0', '\uFFFD'));
    expect(answer.$('[id$="-error"]').text()).not.toBe('');
    expect(await count()).toBe(before);
  });

  test('an unknown recipient is the stated reason', async () => {
    const answer = await alice.send('zoe', 'Dear Zoe');
    expect(answer.$('#recipient-error').text()).toContain('Nobody here has that username');
  });

  test.each([
    ['a lone high surrogate', 'body=a%ED%A0%80b'],
    ['a lone low surrogate', 'body=a%ED%B0%80b'],
    ['a byte that is no UTF-8', 'body=a%FFb'],
    ['half an emoji', 'body=%F0%9F%A6'],
    ['an overlong NUL', 'body=%C0%80'],
  ])('%s is refused with 422', async (_, body) => {
    const before = await count();
    const fields = new URLSearchParams({ ...(await alice.hidden('/send')), recipient: 'bob' });
    expect((await alice.post('/send', `${fields.toString()}&${body}`)).status).toBe(422);
    expect(await count()).toBe(before);
  });
});

test('the form takes the recipient from the address', async () => {
  const value = async (query: string) =>
    (await alice.get(`/send${query}`)).$('input[name=recipient]').attr('value');
  expect(await value('?to=bob')).toBe('bob');
  expect(await value('?to=%3Cb%3E%22')).toBe('<b>"');
  expect(await value('')).toBe('');
});

test('signed-out users log in first', async () => {
  const answer = await stranger(app.url).get('/send?to=bob');
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe('/login?next=%2Fsend%3Fto%3Dbob');
});
