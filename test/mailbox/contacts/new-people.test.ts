// How many new people one may write to in a day: who counts, what the pages say, and that no text is lost.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { filledIn } from '../../support/forms.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import { registered, type Answer, type Person } from '../../support/person.ts';

const { app, reset, ...people } = await cast({ NEW_PEOPLE_PER_DAY: '2', FIRST_CONTACT: 'requests' });
let { alice, bob, charlie } = people;
let dave: Person;
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  dave = await registered(app.url, 'dave');
});
afterAll(() => app.close());

const used = 'You have written to as many new people as you can today';
const errorOf = ({ $ }: Answer) => $('#recipient-error').text().trim();
const hintOf = ({ $ }: Answer) => $('#recipient-hint strong').text();

/** As if all of this had happened so much earlier. */
async function goOn(time: string): Promise<void> {
  await app.pool.query(
    `update contacts set written_at = written_at - $1::interval, approached_at = approached_at - $1::interval,
                         answered_at = answered_at - $1::interval`,
    [time],
  );
}

test('the third new person of a day is refused with 429 and the text; the first two can be written to', async () => {
  for (const name of ['bob', 'charlie']) expect((await alice.send(name, 'Hello')).status).toBe(303);
  const refused = await alice.send('dave', '\nHello 🦉');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
  expect(errorOf(refused)).toMatch(
    /^You have .+ today, and dave is new, so nothing was sent\. Your text .+ in \d+ hours?\. You can still write to/,
  );
  expect(refused.$('textarea[name=body]').text()).toBe('\nHello 🦉');
  expect(refused.$('input[name=recipient]').attr('value')).toBe('dave');
  expect(await copiesOf(app.pool, '\nHello 🦉')).toEqual([]);
  expect((await alice.send('bob', 'Again')).status).toBe(303);

  const form = { ...filledIn(refused, '/send') };
  expect((await alice.post('/drafts', form)).status).toBe(303);
  expect((await alice.get('/drafts')).text).toContain('Hello 🦉');
  await goOn('1 day');
  expect((await alice.post('/send', form)).status).toBe(303);
});

test('of several recipients only new ones count, and nothing goes to anybody if they are too many', async () => {
  await alice.send('bob', 'Hello');
  const refused = await alice.send('alice, bob, charlie, dave', 'To all');
  expect(refused.status).toBe(429);
  expect(errorOf(refused)).toMatch(
    /^You can write to 1 more new person today, and charlie and dave are new, so nothing was sent\. Write to fewer/,
  );
  expect(await copiesOf(app.pool, 'To all')).toEqual([]);
  expect((await alice.send('alice, bob, charlie', 'To all')).status).toBe(303);
  expect((await alice.send('alice', 'To me')).status).toBe(303);
  expect((await alice.send('dave', 'Hello')).status).toBe(429);
});

test('a form that was sent is answered as before, also at the limit', async () => {
  const form = { ...(await alice.hidden('/send')), recipient: 'bob, charlie', body: 'Once' };
  for (let times = 0; times < 3; times += 1) expect((await alice.post('/send', form)).status).toBe(303);
  expect(await copiesOf(app.pool, 'Once')).toHaveLength(4);
});

test.each(['inbox', 'requests', 'blocked'])('whoever wrote first is not new: from %s', async (box) => {
  if (box === 'blocked') await alice.submit('/account/blocked', { username: 'dave' });
  if (box === 'inbox') await alice.submit('/account/first-contact', { firstContact: 'inbox' });
  await dave.send('alice', 'I come first');
  expect(await copiesOf(app.pool, 'I come first')).toContain(`alice ${box}, unread`);
  await alice.send('bob, charlie', 'Hello');
  expect((await alice.send('dave', 'I answer')).status).toBe(303);
  expect((await alice.send('dave', 'And again')).status).toBe(303);
});

test('an answer to a stranger uses nothing up', async () => {
  await dave.send('alice', 'I come first');
  await alice.send('dave', 'I answer');
  expect((await alice.send('bob, charlie', 'Hello')).status).toBe(303);
});

test('the first answer of each person raises the limit by two; what is taken back changes nothing', async () => {
  await alice.send('bob, charlie', 'Hello');
  expect(hintOf(await alice.get('/send'))).toContain(used);
  await bob.send('alice', 'Taken back');
  const tryOf = await idOf(app.pool, bob, 'Taken back');
  await bob.post(`/messages/${tryOf}/unsend`, { ...(await tokenOf(bob)), confirmed: 'yes' });
  expect(hintOf(await alice.get('/send'))).toContain(used);

  await bob.send('alice', 'An answer');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 2 more new people today.');
  await bob.send('alice', 'Another');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 2 more new people today.');

  await alice.send('dave', 'Hello dave');
  const id = await idOf(app.pool, alice, 'Hello dave');
  const back = { ...(await tokenOf(alice)), confirmed: 'yes' };
  expect((await alice.post(`/messages/${id}/unsend`, back)).status).toBe(303);
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 1 more new person today.');
});

test('what was answered or written longer ago than 30 days counts no more', async () => {
  await alice.send('bob', 'Hello');
  await bob.send('alice', 'An answer');
  await goOn('29 days');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 4 more new people today.');
  await goOn('2 days');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 2 more new people today.');
  await alice.send('bob', 'bob is known');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 2 more new people today.');
});

test('the page says how many are left where they are five or fewer', async () => {
  await alice.send('bob', 'Hello');
  await alice.send('charlie', 'Hello');
  await bob.send('alice', 'An answer');
  await charlie.send('alice', 'An answer');
  await goOn('1 day');
  expect(hintOf(await alice.get('/send'))).toBe(''); // six
  await alice.send('dave', 'Hello');
  expect(hintOf(await alice.get('/send'))).toBe('You can write to 5 more new people today.');
  const typed = await alice.send('nobody-here', 'Hello');
  expect(hintOf(typed)).toBe('You can write to 5 more new people today.');
});

test('the answer box of somebody new says it, that of others does not', async () => {
  const boxOf = async (name: string) => (await alice.get(`/with/${name}`)).$('.answer').text();
  expect(await boxOf('dave')).toContain('You can write to 2 more new people today.');
  expect(await boxOf('alice')).not.toContain('new people');
  await alice.send('bob, charlie', 'Hello');
  expect(await boxOf('dave')).toContain(`${used}; to the next ones in`);
  expect(await boxOf('bob')).not.toContain('new people');
  await dave.send('alice', 'I come first'); // lies in Requests
  expect(await boxOf('dave')).not.toContain('new people');
});
