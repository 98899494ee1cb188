// Letters of several people that come at the same moment are written by one statement, and have nothing else in common.
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sendWhereRoom, type Sending } from '../../src/compose/queries.ts';
import { saveDraft } from '../../src/drafts/queries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { patient, untilWaiting } from '../support/locks.ts';
import { copiesOf } from '../support/mailboxes.ts';
import { registered, type Answer, type Fields, type Person } from '../support/person.ts';
import { watchStatements } from '../support/statements.ts';

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const limits = { perMinute: 5, perMailbox: 100 };
/** How many letters each statement has sent, and how many sessions have been asked for. */
let sent: number[] = [];
let sessions = 0;
let app: TestApp;
let people: Record<string, Person>;
let ids: Record<string, string>;
beforeAll(async () => {
  app = await startApp({}, patient(await createDatabase()));
  watchStatements(app.pool, ({ name, values }) => {
    const count = () => (JSON.parse(values![0] as string) as unknown[]).length;
    if (name === 'send messages') sent.push(count());
    if (name === 'find sessions') sessions += count();
  });
  const all = await Promise.all(names.map((name) => registered(app.url, name)));
  people = Object.fromEntries(all.map((person) => [person.username, person]));
  const { rows } = await app.pool.query<{ username: string; id: string }>('select username, id from users');
  ids = Object.fromEntries(rows.map(({ username, id }) => [username, id]));
});
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from sent_forms');
  await app.pool.query('update mailbox_sizes set messages = 0');
  sent = [];
});
afterAll(() => app.close());

function letter(from: string, to: string[], body: string, draftId = randomUUID()): Sending {
  return { from: ids[from]!, to, body, draftId, digest: randomBytes(32), sentAt: new Date() };
}

/** Presses Send for each of these while an earlier letter is being written, so that they go together after it. */
async function sendTogether(letters: [from: string, to: string, body: string][]): Promise<Answer[]> {
  const forms = await Promise.all(
    letters.map(async ([from, recipient, body]): Promise<[Person, Fields]> => {
      return [people[from]!, { ...(await people[from]!.hidden('/send')), recipient, body }];
    }),
  );
  const early = { ...(await people.frank!.hidden('/send')), recipient: 'frank', body: 'Early' };
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select from mailbox_sizes where owner_id = $1 for update', [ids.frank]);
    const first = people.frank!.post('/send', early);
    await untilWaiting(app.pool);
    sessions = 0;
    const rest = forms.map(([person, form]) => person.post('/send', form));
    await expect.poll(() => sessions, { timeout: 5000, interval: 5 }).toBe(forms.length);
    await sleep(100); // from the session to the line
    await holder.query('commit');
    expect((await first).status).toBe(303);
    return await Promise.all(rest);
  } finally {
    await holder.end();
  }
}

test('five people’s letters are one statement, and each has sent its own', async () => {
  const answers = await sendTogether([
    ['alice', 'bob', 'A to B'],
    ['bob', 'alice', 'B to A'],
    ['carol', 'alice, bob, carol', 'C to A, B and C'],
    ['dave', 'dave', 'D to D'],
    ['erin', 'nobody-here', 'E to nobody'],
  ]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303, 422]);
  expect(answers[4]!.$('textarea').text()).toBe('E to nobody');
  expect(sent).toEqual([1, 5]);
  expect(await copiesOf(app.pool, 'A to B')).toEqual(['alice sent', 'bob inbox, unread']);
  expect(await copiesOf(app.pool, 'B to A')).toEqual(['alice inbox, unread', 'bob sent']);
  expect(await copiesOf(app.pool, 'C to A, B and C')).toEqual([
    'alice inbox, unread',
    'bob inbox, unread',
    'carol inbox, unread',
    'carol sent',
    'carol sent',
    'carol sent',
  ]);
  expect(await copiesOf(app.pool, 'D to D')).toEqual(['dave inbox, unread', 'dave sent']);
  expect(await copiesOf(app.pool, 'E to nobody')).toEqual([]);
});

test('a letter that the database does not take keeps nobody else’s from being sent', async () => {
  await app.pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
     create trigger poison before insert on messages for each row when (new.body = 'Poison') execute function refuse()`,
  );
  try {
    const answers = await sendTogether([
      ['alice', 'bob', 'Before'],
      ['bob', 'alice', 'Poison'],
      ['carol', 'alice', 'After'],
    ]);
    expect(answers.map(({ status }) => status)).toEqual([303, 500, 303]);
    expect(answers[1]!.$('textarea').text()).toBe('Poison');
    expect(sent).toEqual([1, 3, 1, 1, 1]);
    expect(await copiesOf(app.pool, 'Before')).toEqual(['alice sent', 'bob inbox, unread']);
    expect(await copiesOf(app.pool, 'After')).toEqual(['alice inbox, unread', 'carol sent']);
    expect(await copiesOf(app.pool, 'Poison')).toEqual([]);
  } finally {
    await app.pool.query('drop function refuse cascade');
  }
});

test('what one letter meets is nothing to another', async () => {
  const again = letter('bob', ['alice'], 'Again');
  await sendWhereRoom(app.pool, [again], limits);
  await app.pool.query('update mailbox_sizes set messages = 90 where owner_id = $1', [ids.erin]);
  const outcomes = await sendWhereRoom(
    app.pool,
    [
      letter('alice', ['bob'], 'Plain'),
      again,
      letter('carol', ['alice', 'nobody-here', 'nor-here'], 'Unknown'),
      letter('dave', ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'], 'Too many'),
      letter('frank', ['alice', 'erin'], 'No room'),
    ],
    limits,
  );
  expect(outcomes).toEqual([
    { kind: 'sent', recipients: [ids.bob] },
    { kind: 'sent', recipients: [ids.alice] },
    { kind: 'unknown', names: ['nobody-here', 'nor-here'] },
    { kind: 'too many' },
    {
      kind: 'no room',
      adding: { [ids.frank!]: 2, [ids.alice!]: 1, [ids.erin!]: 1 },
      known: [
        ['alice', ids.alice],
        ['erin', ids.erin],
      ],
    },
  ]);
  const { rows } = await app.pool.query(
    `select m.body, count(*)::int as copies from messages m group by m.body order by m.body`,
  );
  expect(rows).toEqual([
    { body: 'Again', copies: 2 },
    { body: 'Plain', copies: 2 },
  ]);
});

test('mailboxes are known to hold what was written, and no more than there is room for together', async () => {
  const sizes = async () => {
    const { rows } = await app.pool.query<{ username: string; messages: number }>(
      'select username, messages from mailbox_sizes s join users u on u.id = s.owner_id order by username',
    );
    return Object.fromEntries(rows.map(({ username, messages }) => [username, messages]));
  };
  const threeToAlice = () =>
    ['bob', 'carol', 'dave'].map((from) => letter(from, ['alice'], `${from} to alice`));
  await sendWhereRoom(app.pool, [...threeToAlice(), letter('alice', ['alice', 'bob'], 'Both')], limits);
  expect(await sizes()).toEqual({ alice: 6, bob: 2, carol: 1, dave: 1, erin: 0, frank: 0 });

  // Ten more are told to the owner at 90 of 100; all three go, or whoever asks counts first.
  await app.pool.query('update mailbox_sizes set messages = 87 where owner_id = $1', [ids.alice]);
  const kinds = async () => (await sendWhereRoom(app.pool, threeToAlice(), limits)).map(({ kind }) => kind);
  expect(await kinds()).toEqual(['sent', 'sent', 'sent']);
  await app.pool.query('update mailbox_sizes set messages = 88 where owner_id = $1', [ids.alice]);
  expect(await kinds()).toEqual(['no room', 'no room', 'no room']);
});

test('the draft that goes with a letter is its writer’s', async () => {
  const [kept, sentOff] = [randomUUID(), randomUUID()];
  for (const id of [kept, sentOff])
    await saveDraft(app.pool, ids.alice!, { id, recipient: 'bob', body: 'Draft' });
  // Bob's form has the number of another draft of alice's.
  await sendWhereRoom(
    app.pool,
    [letter('alice', ['bob'], 'Draft', sentOff), letter('bob', ['alice'], 'Hello', kept)],
    limits,
  );
  const { rows } = await app.pool.query('select id from drafts where owner_id = $1', [ids.alice]);
  expect(rows).toEqual([{ id: kept }]);
});
