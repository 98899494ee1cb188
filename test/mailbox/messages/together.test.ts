// Letters of several people that come at the same moment are written by one statement, and have nothing else in common.
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sendTogether, sendWhereRoom, type Sending } from '../../../src/mailbox/compose/queries.ts';
import { createPool, type Pool } from '../../../src/database/pool.ts';
import { saveDraft } from '../../../src/mailbox/drafts/queries.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { copiesOf } from '../../support/mailboxes.ts';
import { registered, type Answer, type Fields, type Person } from '../../support/person.ts';
import { watchStatements } from '../../support/statements.ts';

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const limits = { perMinute: 5, mailbox: { messages: 100, bytes: 1e9 } };
/** How many letters there were in each statement that sends, and how many sessions have been asked for. */
let sent: number[] = [];
let sessions = 0;
let app: TestApp;
let people: Record<string, Person>;
let ids: Record<string, string>;
beforeAll(async () => {
  app = await startApp({}, patient(await createDatabase()));
  watchStatements(app.appPool, ({ name, values }) => {
    const count = () => (JSON.parse(values![0] as string) as unknown[]).length;
    if (name?.startsWith('send message')) sent.push(count());
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
  await app.pool.query('update mailbox_sizes set messages = 0, bytes = 0, sent = 0, sent_bytes = 0');
  sent = [];
});
afterAll(() => app.close());

function letter(from: string, to: string[], body: string, draftId = randomUUID()): Sending {
  return { from: ids[from]!, to, body, draftId, digest: randomBytes(32), sentAt: new Date() };
}

/** Presses Send for each of these while an earlier letter is being written, so that they go together after it. */
async function pressTogether(letters: [from: string, to: string, body: string][]): Promise<Answer[]> {
  const forms = await Promise.all(letters.map(filledIn));
  const [, early] = await filledIn(['frank', 'frank', 'Early']);
  return whileLocked('lock table sent_forms in access exclusive mode', async (release) => {
    const first = people.frank!.post('/send', early);
    await untilWaiting(app.pool);
    sessions = 0;
    const rest = forms.map(([person, form]) => person.post('/send', form));
    await expect.poll(() => sessions, { timeout: 5000, interval: 5 }).toBe(forms.length);
    await sleep(100); // from the session to the line
    await release();
    expect((await first).status).toBe(303);
    return Promise.all(rest);
  });
}

async function filledIn([from, recipient, body]: [string, string, string]): Promise<[Person, Fields]> {
  return [people[from]!, { ...(await people[from]!.hidden('/send')), recipient, body }];
}

async function whileLocked<T>(
  lock: string,
  work: (release: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(lock);
    return await work(() => holder.query('commit'));
  } finally {
    await holder.end();
  }
}

test('five users’ messages are sent in one statement', async () => {
  const answers = await pressTogether([
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

test('a message that the database rejects does not affect the others of its batch', async () => {
  await app.pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
     create trigger poison before insert on messages for each row when (new.body = 'Poison') execute function refuse()`,
  );
  try {
    const answers = await pressTogether([
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

test('a message to a locked mailbox is sent alone', async () => {
  const [alice, toBob] = await filledIn(['alice', 'bob', 'Into the busy one']);
  const others = await Promise.all(
    [1, 2, 3].map((n) => filledIn([['carol', 'dave', 'erin'][n - 1]!, 'frank', `Number ${n}`])),
  );
  const lock = `select from mailbox_sizes where owner_id = '${ids.bob}' for update`;
  await whileLocked(lock, async (release) => {
    const waiting = alice.post('/send', toBob);
    const answers = await Promise.all(others.map(([person, form]) => person.post('/send', form)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    await untilWaiting(app.pool);
    expect(await copiesOf(app.pool, 'Into the busy one')).toEqual([]);
    await release();
    expect((await waiting).status).toBe(303);
  });
  expect(await copiesOf(app.pool, 'Into the busy one')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('a message that cannot be sent reserves nothing and locks nothing', async () => {
  await app.pool.query('update mailbox_sizes set messages = 89 where owner_id = $1', [ids.alice]);
  const again = letter('bob', ['alice'], 'Again');
  expect(await sendWhereRoom(app.pool, again, limits)).toMatchObject({ kind: 'sent' }); // the ninetieth
  await app.pool.query('update mailbox_sizes set messages = 89 where owner_id = $1', [ids.alice]);
  const letters = [
    again,
    letter('carol', ['alice', 'nobody-here'], 'Unknown'),
    letter('dave', ['alice', 'bob', 'carol', 'erin', 'frank', 'dave'], 'Too many'),
    letter('erin', ['alice'], 'The ninetieth'),
  ];
  const outcomes = await sendTogether(app.pool, letters, limits);
  expect(outcomes).toMatchObject([
    { kind: 'sent' },
    { kind: 'unknown' },
    { kind: 'too many' },
    { kind: 'sent' },
  ]);
});

test('messages in a batch do not affect each other', async () => {
  const again = letter('bob', ['alice'], 'Again');
  await sendWhereRoom(app.pool, again, limits);
  await app.pool.query('update mailbox_sizes set messages = 90 where owner_id = $1', [ids.erin]);
  const outcomes = await sendTogether(
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
      adding: {
        [ids.frank!]: { received: { messages: 0, bytes: 0 }, sent: { messages: 2, bytes: 14 } },
        [ids.alice!]: { received: { messages: 1, bytes: 7 }, sent: { messages: 0, bytes: 0 } },
        [ids.erin!]: { received: { messages: 1, bytes: 7 }, sent: { messages: 0, bytes: 0 } },
      },
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

test('usage is updated, and a batch never exceeds a mailbox’s limit', async () => {
  const sizes = async () => {
    const { rows } = await app.pool.query<{ username: string; messages: number }>(
      'select username, messages from mailbox_sizes s join users u on u.id = s.owner_id order by username',
    );
    return Object.fromEntries(rows.map(({ username, messages }) => [username, messages]));
  };
  const threeToAlice = () =>
    ['bob', 'carol', 'dave'].map((from) => letter(from, ['alice'], `${from} to alice`));
  await sendTogether(app.pool, [...threeToAlice(), letter('alice', ['alice', 'bob'], 'Both')], limits);
  expect(await sizes()).toEqual({ alice: 6, bob: 2, carol: 1, dave: 1, erin: 0, frank: 0 });

  // Ten more are told to the owner at 90 of 100; all three go, or whoever asks counts first.
  await app.pool.query('update mailbox_sizes set messages = 87 where owner_id = $1', [ids.alice]);
  const kinds = async () =>
    (await sendTogether(app.pool, threeToAlice(), limits)).map((each) =>
      each === 'busy' ? each : each.kind,
    );
  expect(await kinds()).toEqual(['sent', 'sent', 'sent']);
  await app.pool.query('update mailbox_sizes set messages = 88 where owner_id = $1', [ids.alice]);
  expect(await kinds()).toEqual(['no room', 'no room', 'no room']);
});

test('a batch removes each writer’s own draft', async () => {
  const [kept, sentOff] = [randomUUID(), randomUUID()];
  for (const id of [kept, sentOff])
    await saveDraft(app.pool, ids.alice!, { id, recipient: 'bob', body: 'Draft' });
  // Bob's form has the number of another draft of alice's.
  await sendTogether(
    app.pool,
    [letter('alice', ['bob'], 'Draft', sentOff), letter('bob', ['alice'], 'Hello', kept)],
    limits,
  );
  const { rows } = await app.pool.query('select id from drafts where owner_id = $1', [ids.alice]);
  expect(rows).toEqual([{ id: kept }]);
});

test('concurrent batches at two processes send each message at most once and count every mailbox correctly', async () => {
  const other = createPool(app.databaseUrl, () => {});
  const pick = (count: number) => names.toSorted(() => Math.random() - 0.5).slice(0, count);
  const among = (most: number) => 1 + Math.floor(Math.random() * most);
  const asked: Sending[] = [];
  const sentDigests = new Set<string>();
  const allowed = { perMinute: 100_000, mailbox: { messages: 1000, bytes: 1e9 } };
  const write = async (pool: Pool) => {
    for (let turn = 0; turn < 60; turn += 1) {
      const sendings = pick(among(names.length)).map((from) => {
        const earlier = asked.filter((one) => one.from === ids[from]).at(-among(3));
        if (earlier && Math.random() < 0.3) return earlier; // the same form again, maybe while it is under way
        const fresh = letter(from, pick(among(3)), `Letter ${asked.length}`);
        asked.push(fresh);
        return fresh;
      });
      const outcomes = await sendTogether(pool, sendings, allowed);
      for (const [index, sending] of sendings.entries()) {
        const outcome = outcomes[index]!;
        const { kind } = outcome === 'busy' ? await sendWhereRoom(pool, sending, allowed) : outcome;
        expect(['sent', 'no room']).toContain(kind);
        if (kind === 'sent') sentDigests.add(sending.digest.toString('hex'));
      }
    }
  };
  await Promise.all([app.pool, app.pool, other, other].map(write));
  await other.end();

  const { rows } = await app.pool.query<{ body: string; copies: number }>(
    'select body, count(*)::int as copies from messages group by body',
  );
  const copies = Object.fromEntries(rows.map(({ body, copies: count }) => [body, count]));
  const expected = asked
    .filter(({ digest }) => sentDigests.has(digest.toString('hex')))
    .map(({ body, to }) => [body, 2 * to.length]);
  expect(expected.length).toBeGreaterThan(100);
  expect(copies).toEqual(Object.fromEntries(expected));
  const { rows: sizes } = await app.pool.query<{ known: string[]; counted: string[]; held: number }>(
    `select array[s.messages, s.bytes, s.sent, s.sent_bytes] as known, count(m.id)::int as held,
            array[count(m.id), sum(octet_length(m.body)), count(m.id) filter (where m.box = 'sent'),
                  coalesce(sum(octet_length(m.body)) filter (where m.box = 'sent'), 0)] as counted
     from mailbox_sizes s left join messages m on m.owner_id = s.owner_id group by s.owner_id`,
  );
  for (const { known, counted } of sizes) expect(known).toEqual(counted);
  expect(Math.max(...sizes.map(({ held }) => held))).toBeLessThanOrEqual(900); // of 1000, and nobody has been told
});
