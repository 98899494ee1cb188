// Messages sent concurrently: each is sent once or not at all, independently of the others.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Sending } from '../../../src/mailbox/compose/queries.ts';
import { sendMessage } from '../../../src/mailbox/compose/send-message.ts';
import type { Pool } from '../../../src/database/pool.ts';
import { saveDraft } from '../../../src/mailbox/drafts/queries.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { copiesOf } from '../../support/mailboxes.ts';
import { registered, type Fields, type Person } from '../../support/person.ts';

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const limits = {
  perMinute: 5,
  newPeoplePerDay: 100,
  mailbox: { messages: 100, bytes: 1e9 },
  firstContact: 'inbox' as const,
};
let app: TestApp;
let people: Record<string, Person>;
let ids: Record<string, string>;
beforeAll(async () => {
  app = await startApp({}, patient(await createDatabase()));
  const all = await Promise.all(names.map((name) => registered(app.url, name)));
  people = Object.fromEntries(all.map((person) => [person.username, person]));
  const { rows } = await app.pool.query<{ username: string; id: string }>('select username, id from users');
  ids = Object.fromEntries(rows.map(({ username, id }) => [username, id]));
});
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from sent_forms');
  await app.pool.query('update mailbox_usage set messages = 0, bytes = 0, sent = 0, sent_bytes = 0');
});
afterAll(() => app.close());

function message(from: string, to: string[], body: string, draftId = randomUUID()): Sending {
  return { from: ids[from]!, to, body, draftId, digest: randomBytes(32), sentAt: new Date() };
}

const counts = new Error('A mailbox is to be counted.');
const refuseCount = () => Promise.reject(counts);
const send = (sending: Sending) => sendMessage(app.pool, limits, sending);

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

async function usages(): Promise<Record<string, number[]>> {
  const { rows } = await app.pool.query<{ username: string; size: number[] }>(
    `select u.username, array[s.messages, s.bytes, s.sent, s.sent_bytes]::int[] as size
     from mailbox_usage s join users u on u.id = s.owner_id order by u.username`,
  );
  return Object.fromEntries(rows.map(({ username, size }) => [username, size]));
}

test('a message that one mailbox rejects is sent to nobody, and other messages are not affected', async () => {
  const draftId = randomUUID();
  await saveDraft(app.pool, ids.alice!, { id: draftId, recipient: 'bob', body: 'Poison' });
  await app.pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
     create trigger poison before insert on messages for each row
     when (new.body = 'Poison' and new.owner_id = '${ids.carol}') execute function refuse()`,
  );
  try {
    const forms = await Promise.all([
      filledIn(['bob', 'alice', 'Before']),
      filledIn(['alice', 'bob, carol, alice', 'Poison']),
      filledIn(['dave', 'carol', 'After']),
    ]);
    forms[1][1].key = draftId;
    const answers = await Promise.all(forms.map(([person, form]) => person.post('/send', form)));
    expect(answers.map(({ status }) => status)).toEqual([303, 500, 303]);
    expect(answers[1]!.$('textarea').text()).toBe('Poison');
    expect(await copiesOf(app.pool, 'Before')).toEqual(['alice inbox, unread', 'bob sent']);
    expect(await copiesOf(app.pool, 'After')).toEqual(['carol inbox, unread', 'dave sent']);
    expect(await copiesOf(app.pool, 'Poison')).toEqual([]);
    expect(await usages()).toMatchObject({ alice: [1, 6, 0, 0], bob: [1, 6, 1, 6], carol: [1, 5, 0, 0] });
    expect((await app.pool.query('select from sent_forms')).rowCount).toBe(2);
    expect((await app.pool.query('select from drafts where id = $1', [draftId])).rowCount).toBe(1);
    expect((await app.pool.query('select from ended_drafts where id = $1', [draftId])).rowCount).toBe(0);
  } finally {
    await app.pool.query('drop function refuse cascade');
    await app.pool.query('delete from drafts');
  }
});

test('a message to a locked mailbox waits, and others do not', async () => {
  const [alice, toBob] = await filledIn(['alice', 'bob', 'Into the busy one']);
  const others = await Promise.all(
    [1, 2, 3].map((n) => filledIn([['carol', 'dave', 'erin'][n - 1]!, 'frank', `Number ${n}`])),
  );
  const lock = `select from mailbox_usage where owner_id = '${ids.bob}' for update`;
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

test('a message that cannot be sent, or was sent before, waits for no lock', async () => {
  const again = message('bob', ['alice'], 'Again');
  expect(await send(again)).toMatchObject({ kind: 'sent' });
  await whileLocked('select from mailbox_usage for update', async () => {
    expect(await send(again)).toMatchObject({ kind: 'sent', reached: [ids.alice] });
    expect(await send(message('carol', ['alice', 'nobody-here', 'nor-here'], 'Unknown'))).toMatchObject({
      kind: 'unknown',
      names: ['nobody-here', 'nor-here'],
    });
    expect(await send(message('dave', names, 'Too many'))).toMatchObject({ kind: 'too many' });
  });
  expect(await copiesOf(app.pool, 'Again')).toEqual(['alice inbox, unread', 'bob sent']);
});

test('usage is updated', async () => {
  for (const from of ['bob', 'carol', 'dave']) await send(message(from, ['alice'], `${from} to alice`));
  await send(message('alice', ['alice', 'bob'], 'Öboth'));
  expect(await usages()).toEqual({
    alice: [6, 12 + 14 + 13 + 18, 2, 12],
    bob: [2, 12 + 6, 1, 12],
    carol: [1, 14, 1, 14],
    dave: [1, 13, 1, 13],
    erin: [0, 0, 0, 0],
    frank: [0, 0, 0, 0],
  });
});

test('concurrent messages never exceed what a mailbox can take without a recount', async () => {
  const tryAll = async (held: number) => {
    await app.pool.query('update mailbox_usage set messages = $2 where owner_id = $1', [ids.alice, held]);
    const sent = await Promise.allSettled(
      ['bob', 'carol', 'dave'].map((from) =>
        sendMessage(app.pool, limits, message(from, ['alice'], 'Hello'), refuseCount),
      ),
    );
    return sent.filter(({ status }) => status === 'fulfilled').length;
  };
  // The owner is warned at 90 of 100.
  expect(await tryAll(87)).toBe(3);
  expect(await tryAll(88)).toBe(2);
});

test('sending removes the writer’s own draft only', async () => {
  const [kept, discarded] = [randomUUID(), randomUUID()];
  for (const id of [kept, discarded])
    await saveDraft(app.pool, ids.alice!, { id, recipient: 'bob', body: 'Draft' });
  // Bob's form has the number of another draft of alice's.
  await send(message('alice', ['bob'], 'Draft', discarded));
  await send(message('bob', ['alice'], 'Hello', kept));
  const { rows } = await app.pool.query('select id from drafts where owner_id = $1', [ids.alice]);
  expect(rows).toEqual([{ id: kept }]);
});

test('concurrent messages at two processes are sent at most once each, and every mailbox counted correctly', async () => {
  const other = await startApp({}, app.databaseUrl); // as patient
  const pick = (count: number) => names.toSorted(() => Math.random() - 0.5).slice(0, count);
  const among = (most: number) => 1 + Math.floor(Math.random() * most);
  const asked: Sending[] = [];
  const sentDigests = new Set<string>();
  const allowed = { ...limits, perMinute: 100_000, mailbox: { messages: 1000, bytes: 1e9 } };
  const write = async (pool: Pool) => {
    for (let turn = 0; turn < 60; turn += 1) {
      const sendings = pick(among(names.length)).map((from) => {
        const earlier = asked.filter((one) => one.from === ids[from]).at(-among(3));
        if (earlier && Math.random() < 0.3) return earlier; // the same form again, maybe while it is under way
        const fresh = message(from, pick(among(3)), `Message ${asked.length}`);
        asked.push(fresh);
        return fresh;
      });
      const trySend = async (sending: Sending) => {
        const outcome = await sendMessage(pool, allowed, sending, refuseCount).catch((error: unknown) => {
          if (error !== counts) throw error;
        });
        if (!outcome) return;
        expect(outcome.kind).toBe('sent');
        sentDigests.add(sending.digest.toString('hex'));
      };
      await Promise.all(sendings.map(trySend));
    }
  };
  await Promise.all([app.pool, app.pool, other.pool, other.pool].map(write));
  await other.close();

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
     from mailbox_usage s left join messages m on m.owner_id = s.owner_id group by s.owner_id`,
  );
  for (const { known, counted } of sizes) expect(known).toEqual(counted);
  expect(Math.max(...sizes.map(({ held }) => held))).toBeLessThanOrEqual(900); // of 1000, and nobody has been warned
});
