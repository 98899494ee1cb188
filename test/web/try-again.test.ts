// Error pages: they keep a member's navigation, and what failed can be tried again.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { filledIn } from '../support/forms.ts';
import { openLink, type Link } from '../support/link.ts';
import { idOf } from '../support/mailboxes.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';

let link: Link;
let app: TestApp;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  const address = async (databaseUrl: string) => (link = await openLink(databaseUrl)).url;
  ({ app, alice, bob } = await cast({}, { address }));
});
afterAll(async () => {
  await app.close();
  await link.close();
});

const places = ({ $ }: Answer) =>
  $('nav a, .me a')
    .toArray()
    .map((each) => $(each).attr('href'));

describe('while the database is away', () => {
  /** What the answer to this is meanwhile. */
  async function away(ask: () => Promise<Answer>): Promise<Answer> {
    await link.cut();
    const answer = await ask();
    await link.mend();
    expect(answer.status).toBe(503);
    return answer;
  }

  test('a page keeps the navigation, offers to try again, and does so by itself', async () => {
    const answer = await away(() => alice.get('/sent?before=00000000-0000-7000-8000-000000000000'));
    for (const place of ['/inbox', '/send', '/account']) expect(places(answer)).toContain(place);
    expect(places(answer)).not.toContain('/login');
    const again = answer.$('main a.primary');
    expect(again.text()).toBe('Try again');
    expect(again.attr('href')).toBe('/sent?before=00000000-0000-7000-8000-000000000000');
    expect(answer.$('[data-reloads]').attr('data-reloads')).toBe('5');
    expect(answer.$('noscript').text()).toContain('http-equiv="refresh"');
  });

  test('a visitor keeps theirs', async () => {
    const visitor = stranger(app.url);
    const form = await visitor.hidden('/login');
    const answer = await away(() => visitor.post('/login', { ...form, username: 'alice', password: 'x' }));
    expect(places(answer)).toContain('/login');
    expect(places(answer)).not.toContain('/inbox');
    expect(answer.text).not.toMatch(/data-reloads|http-equiv/);
  });

  test('a button can be pressed again on the page, which never presses it by itself', async () => {
    await bob.send('alice', 'Words');
    const id = await idOf(app.pool, alice, 'Words');
    const form = await alice.hidden('/inbox', '/logout');
    const path = `/messages/${id}/delete`;
    const answer = await away(() => alice.post(path, { ...form, from: '/sent' }));
    expect(answer.text).not.toMatch(/data-reloads|http-equiv/);
    expect(answer.$(`form[action="${path}"] button`).text()).toBe('Try again');
    const done = await alice.post(path, filledIn(answer, path));
    expect([done.status, done.headers.location]).toEqual([303, '/sent']);
  });

  test('a written message stays on its page, with the navigation and without a reload', async () => {
    const form = await alice.hidden('/send');
    const answer = await away(() => alice.post('/send', { ...form, recipient: 'bob', body: 'Words' }));
    expect(answer.$('textarea').text()).toBe('Words');
    expect(places(answer)).toContain('/inbox');
    expect(answer.text).not.toMatch(/data-reloads|http-equiv/);
  });

  test('a password is not repeated', async () => {
    const form = await alice.hidden('/account/time-zone');
    const answer = await away(() => alice.post('/account/confirm', { ...form, password: alice.password }));
    expect(answer.text).not.toContain(alice.password);
  });
});

test('what was refused for good offers no second try', async () => {
  const token = await alice.hidden('/inbox', '/logout');
  for (const answer of [await alice.get('/nothing-here'), await alice.post('/messages/1/delete', token)]) {
    expect(answer.text).not.toContain('Try again');
    expect(places(answer)).toContain('/inbox');
  }
});

test('a refusal before the session is read keeps the navigation too', async () => {
  const answer = await alice.get('/%FF');
  expect(answer.status).toBe(400);
  expect(places(answer)).toContain('/inbox');
  expect(places(await stranger(app.url).get('/%FF'))).not.toContain('/inbox');
});
