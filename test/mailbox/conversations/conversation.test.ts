// The conversation with one user: both directions, from one's own mailbox only.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import type { Answer, Fields, Person } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages; delete from drafts'));
afterAll(() => app.close());

/** The lines on a page, in their order: "bob: Hello". */
const lines = ({ $ }: Answer) =>
  $('.conversation li')
    .toArray()
    .map((line) => `${$(line).find('.who strong').text()}: ${$(line).find('.text').text()}`);
const unreadCount = ({ $ }: Answer) =>
  $('title')
    .text()
    .match(/^\((.+)\)/)?.[1] ?? '0';

test('shows both directions in full, the newest at the bottom, and nothing of other users', async () => {
  const long = `Long: ${'word '.repeat(1900)}end`;
  await alice.send('bob', 'Hello');
  await bob.send('alice', long);
  await charlie.send('alice', 'From Charlie');
  await alice.send('charlie', 'To Charlie');
  await alice.send('bob', 'Bye');
  expect(lines(await alice.get('/with/bob'))).toEqual(['You: Hello', `bob: ${long}`, 'You: Bye']);
  expect(lines(await bob.get('/with/alice'))).toEqual(['alice: Hello', `You: ${long}`, 'alice: Bye']);
});

test('the link Older leads through sixty messages, each once and in order', async () => {
  const form = { ...(await alice.hidden('/send')), recipient: 'bob' };
  const reply = { ...(await bob.hidden('/send')), recipient: 'alice' };
  for (let i = 1; i <= 60; i += 1)
    await (i % 3
      ? alice.post('/send', { ...form, body: `Number ${i}` })
      : bob.post('/send', { ...reply, body: `Number ${i}` }));
  const seen: string[] = [];
  const sizes: number[] = [];
  for (let next: string | undefined = '/with/alice'; next;) {
    const page: Answer = await bob.get(next);
    const texts = lines(page);
    sizes.push(texts.length);
    seen.unshift(...texts);
    next = page.$('a[rel=next]').attr('href');
    const isLatest = sizes.length === 1;
    expect(page.$('a').filter((_, a) => page.$(a).text() === 'Newest')).toHaveLength(isLatest ? 0 : 1);
  }
  expect(seen).toEqual(
    Array.from({ length: 60 }, (_, i) => `${(i + 1) % 3 ? 'alice' : 'You'}: Number ${i + 1}`),
  );
  expect(sizes).toEqual([25, 25, 10]);
});

describe('what the page shows', () => {
  test('is marked as read and nothing else is; the page’s own count is right', async () => {
    const form = { ...(await alice.hidden('/send')), recipient: 'bob' };
    for (let i = 1; i <= 30; i += 1) await alice.post('/send', { ...form, body: `Unread ${i}` });
    await charlie.send('bob', 'From Charlie');
    const page = await bob.get('/with/alice');
    expect(page.$('.conversation .new')).toHaveLength(25);
    expect(unreadCount(page)).toBe('6');
    expect(await copiesOf(app.pool, 'Unread 6')).toEqual(['alice sent', 'bob inbox']);
    expect(await copiesOf(app.pool, 'Unread 5')).toEqual(['alice sent', 'bob inbox, unread']);
    const again = await bob.get('/with/alice');
    expect(again.$('.conversation .new')).toHaveLength(0);
    const older = await bob.get(again.$('a[rel=next]').attr('href')!);
    expect(lines(older)).toHaveLength(5);
    expect(unreadCount(older)).toBe('1');
  });

  test('is not marked on prefetch or HEAD', async () => {
    await alice.send('bob', 'Not seen');
    for (const [method, headers] of [
      ['get', { 'Sec-Purpose': 'prefetch' }],
      ['head', {}],
    ] as const) {
      expect((await bob.ask(method, '/with/alice', headers)).status).toBe(200);
      expect(await copiesOf(app.pool, 'Not seen')).toEqual(['alice sent', 'bob inbox, unread']);
    }
  });

  test('leaves out messages in the trash', async () => {
    await alice.send('bob', 'Kept');
    await alice.send('bob', 'Deleted');
    await bob.submit('/inbox', {}, `/messages/${await idOf(app.pool, bob, 'Deleted')}/delete`);
    expect(lines(await bob.get('/with/alice'))).toEqual(['alice: Kept']);
    expect(lines(await alice.get('/with/bob'))).toEqual(['You: Kept', 'You: Deleted']);
  });
});

test('a reply is sent to the other user and returns to the conversation', async () => {
  await alice.send('bob', 'Question');
  const form = await bob.hidden('/with/alice', '/send');
  expect(form.recipient).toBe('alice');
  const answer = await bob.post('/send', { ...form, body: '\nAnswer' });
  expect([answer.status, answer.headers.location]).toEqual([303, '/with/alice#latest']);
  const page = await bob.get('/with/alice');
  expect(page.$('[role=status]').first().text()).toBe('Sent to alice.');
  expect(lines(page)).toEqual(['alice: Question', 'You: \nAnswer']);
  expect(lines(await alice.get('/with/bob'))).toEqual(['You: Question', 'bob: \nAnswer']);
});

test('a refused reply keeps its text, and returns to the conversation once corrected', async () => {
  const refused = await bob.submit('/with/alice', { body: '' }, '/send');
  expect(refused.status).toBe(422);
  const corrected = {
    ...Object.fromEntries(
      refused
        .$('form[action="/send"] input[type=hidden]')
        .toArray()
        .map(({ attribs }) => [attribs.name!, attribs.value!]),
    ),
    recipient: refused.$('input[name=recipient]').attr('value')!,
    body: 'Corrected',
  };
  expect((await bob.post('/send', corrected)).headers.location).toBe('/with/alice#latest');
});

describe('the answer box', () => {
  const save = async (person: Person, page: string, fields: Fields) =>
    person.post('/drafts', { ...(await person.hidden(page, '/send')), ...fields });

  test('has the draft for this person that was saved last, and goes on saving and sending it', async () => {
    const drafts = [
      ['bob, charlie', 'For two'],
      [' @Bob ', 'Begun'],
      ['charlie', 'For Charlie'],
    ];
    for (const [recipient, body] of drafts)
      await save(alice, '/send', { recipient: recipient!, body: body! });
    await save(bob, '/send', { recipient: 'bob', body: 'A draft of Bob' });
    const box = (page: Answer) => page.$('#body').text().trim();
    expect(box(await alice.get('/with/bob'))).toBe('Begun');
    expect(box(await alice.get('/with/alice'))).toBe('');
    expect(box(await bob.get('/with/alice'))).toBe('');
    await save(alice, '/with/bob', { body: 'Begun and gone on' });
    expect((await alice.get('/drafts')).$('.messages li')).toHaveLength(3);
    expect(box(await alice.get('/with/bob'))).toBe('Begun and gone on');
    await alice.submit('/with/bob', { body: 'Finished' }, '/send');
    expect(box(await alice.get('/with/bob'))).toBe('');
    expect((await alice.get('/drafts')).$('.messages li')).toHaveLength(2);
  });

  test('does not overwrite a draft that was changed on another page meanwhile', async () => {
    await save(alice, '/send', { recipient: 'bob', body: 'Begun' });
    const form = await alice.hidden('/with/bob', '/send');
    await save(alice, '/with/bob', { body: 'Changed elsewhere' });
    await alice.post('/drafts', { ...form, body: 'Changed here' });
    const bodies = (await alice.get('/drafts')).$('.excerpt').toArray();
    const { $ } = await alice.get('/drafts');
    expect(bodies.map((each) => $(each).text()).toSorted()).toEqual(['Changed elsewhere', 'Changed here']);
  });
});

test('opens at the first unread message, else at the last one, and says what is unread on older pages', async () => {
  const opensAt = ({ $ }: Answer) => $('.conversation [autofocus] .text').text();
  for (const body of ['One', 'Two']) await alice.send('bob', body);
  await bob.get('/with/alice');
  for (const body of ['Three', 'Four']) await alice.send('bob', body);
  expect(opensAt(await bob.get('/with/alice'))).toBe('Three');
  expect(opensAt(await bob.get('/with/alice'))).toBe('Four');
  const form = { ...(await alice.hidden('/send')), recipient: 'bob' };
  for (let number = 1; number <= 28; number += 1)
    await alice.post('/send', { ...form, body: `Number ${number}` });
  const page = await bob.get('/with/alice');
  expect(opensAt(page)).toBe('Number 4');
  expect(page.$('a[rel=next]').text()).toBe('Older (3 unread)');
  expect((await bob.get('/with/alice')).$('#latest')).toHaveLength(1);
  const second = await bob.get(`/with/alice?before=${await idOf(app.pool, bob, 'Number 28')}`);
  expect(second.$('a[rel=next]').text()).toBe('Older');
});

test('a note to oneself is shown once, and is marked as read', async () => {
  await alice.send('alice', 'Remember');
  const page = await alice.get('/with/alice');
  expect(lines(page)).toEqual(['You: Remember']);
  expect(unreadCount(page)).toBe('0');
  expect(await copiesOf(app.pool, 'Remember')).toEqual(['alice inbox', 'alice sent']);
});

test('an upper-case username works; the page shows the registered one', async () => {
  await alice.send('bob', 'Hello');
  const page = await bob.get('/with/ALICE');
  page.$('h1 svg').remove();
  expect(page.$('h1').text().trim()).toBe('With alice');
  expect(lines(page)).toEqual(['alice: Hello']);
});

test('with a user without any messages it is empty and offers to write', async () => {
  const page = await bob.get('/with/charlie');
  expect(page.status).toBe(200);
  expect(page.$('.conversation')).toHaveLength(0);
  expect((await bob.submit('/with/charlie', { body: 'Hello' }, '/send')).status).toBe(303);
});

test('with an unknown user it answers 404', async () => {
  expect((await bob.get('/with/nobody-here')).status).toBe(404);
});

test('charlie sees nothing of alice and bob, at any address', async () => {
  await alice.send('bob', 'Secret words');
  const ids = await Promise.all([alice, bob].map((person) => idOf(app.pool, person, 'Secret words')));
  for (const name of ['alice', 'bob']) {
    for (const query of [
      '',
      ...ids.map((id) => `?before=${id}`),
      '?before=ffffffff-ffff-ffff-ffff-ffffffffffff',
    ]) {
      const page = await charlie.get(`/with/${name}${query}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('Secret words');
    }
  }
  expect(await copiesOf(app.pool, 'Secret words')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('signed-out users are sent to the login, and other methods are refused', async () => {
  const signedOut = await bob.ask('get', '/with/alice', { Cookie: '' });
  expect(signedOut.headers.location).toBe('/login?next=%2Fwith%2Falice');
  for (const method of ['put', 'patch', 'delete'] as const)
    expect((await bob.ask(method, '/with/alice')).status).toBe(405);
  expect((await bob.post('/with/alice', await tokenOf(bob))).status).toBe(405);
});
