// The table of conversations equals what the messages say, after any mix of operations and whoever is faster.
import pg from 'pg';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { readMigrations } from '../../../src/database/migration-files.ts';
import { createPool } from '../../../src/database/pool.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { findUntrueConversations } from '../../support/conversations.ts';
import { createDatabase } from '../../support/database.ts';
import { press } from '../../support/forms.ts';
import { patient, untilWaiting, watchDeadlocks } from '../../support/locks.ts';
import { fillMailbox, idOf, tokenOf } from '../../support/mailboxes.ts';
import { at, registered, type Answer, type Fields, type Person } from '../../support/person.ts';

const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob, charlie } = await cast({}, { address: patient, log });
const other = await startApp({}, patient(app.databaseUrl), log);
afterAll(async () => {
  await other.close();
  await app.close();
});
beforeEach(() => app.pool.query('delete from messages; delete from conversations'));

/** Each conversation like "alice, bob: Hello", with the text of its last message. */
async function conversations(): Promise<string[]> {
  const { rows } = await app.pool.query<{ line: string }>(
    `select concat(o.username, ', ', p.username, ': ', m.body) as line
     from conversations c join users o on o.id = c.owner_id join users p on p.id = c.other_id
     left join messages m on m.owner_id = c.owner_id and m.id = c.last_id order by line`,
  );
  return rows.map(({ line }) => line);
}

test('sending, deleting, undoing, restoring and taking back', async () => {
  await alice.send('bob', 'One');
  await bob.send('alice', 'Two');
  await alice.send('alice', 'Note');
  expect(await conversations()).toEqual(['alice, alice: Note', 'alice, bob: Two', 'bob, alice: Two']);
  const two = await idOf(app.pool, alice, 'Two');
  await alice.submit('/inbox', {}, `/messages/${two}/delete`);
  expect(await conversations()).toEqual(['alice, alice: Note', 'alice, bob: One', 'bob, alice: Two']);
  await alice.submit('/inbox', {}, `/messages/${await idOf(app.pool, alice, 'Note', 'inbox')}/delete`);
  expect(await conversations()).toEqual(['alice, bob: One', 'bob, alice: Two']);
  await alice.submit('/trash', {}, '/trash/undo');
  await alice.post(`/trash/${two}/restore`, await tokenOf(alice));
  expect(await conversations()).toContain('alice, bob: Two');
  await bob.submit(
    `/messages/${await idOf(app.pool, bob, 'Two')}`,
    {},
    `/messages/${await idOf(app.pool, bob, 'Two')}/unsend`,
  );
  expect(await conversations()).toEqual(['alice, alice: Note', 'alice, bob: One', 'bob, alice: One']);
  await alice.post('/sent/older', { ...(await tokenOf(alice)), than: '2999-01-01' });
  expect(await conversations()).toEqual(['alice, alice: Note', 'bob, alice: One']);
  await alice.post('/trash/empty', await tokenOf(alice));
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test('notices and imported messages are in no conversation', async () => {
  const dora = await registered(app.url, 'dora');
  await app.pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, origin, trashed_at)
     select id, gen_random_uuid(), 'inbox', '00000000-0000-0000-0000-000000000000', 'Notice', now(), 'notice', now()
     from users where username = 'dora'`,
  );
  await dora.submit('/trash', {}, `/trash/${await idOf(app.pool, dora, 'Notice')}/restore`);
  await dora.submit('/inbox', {}, `/messages/${await idOf(app.pool, dora, 'Notice')}/delete`);
  expect(await conversations()).toEqual([]);
});

test('a deleted account leaves the others’ conversations and takes its own along', async () => {
  const erin = await registered(app.url, 'erin');
  await erin.send('bob', 'From Erin');
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'erin'`);
  await erin.submit('/account/delete', { password: erin.password, sure: 'on' });
  const left = await app.pool.query('select owner_id, other_id from conversations');
  expect(left.rows.map((row) => row.other_id)).toEqual([rows[0]!.id]);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
  await bob.submit('/inbox', {}, `/messages/${await idOf(app.pool, bob, 'From Erin')}/delete`);
  expect((await app.pool.query('select from conversations')).rowCount).toBe(0);
});

test('three people who send, delete, restore and take back, in two windows each, at the same moment', async () => {
  const people = [alice, bob, charlie];
  const windows = people.flatMap((person) => [person, at(other.url, person)]);
  const tokens = await Promise.all(windows.map(tokenOf));
  const forms = await Promise.all(windows.map((person) => person.hidden('/send')));
  const random = (max: number) => Math.floor(Math.random() * max);
  const pick = async (person: Person, condition: string): Promise<string[]> => {
    const { rows } = await app.pool.query<{ id: string }>(
      `select m.id from messages m join users u on u.id = m.owner_id where u.username = $1 and ${condition}
       order by m.id desc limit 6`,
      [person.username],
    );
    return rows.map(({ id }) => id).filter(() => Math.random() < 0.7);
  };
  let sent = 0;
  const act = async (who: number): Promise<Answer | undefined> => {
    const [person, token] = [windows[who]!, tokens[who]!];
    const select = (path: string, action: string, ids: string[]) => {
      const fields = new URLSearchParams({ ...token, action });
      for (const id of ids) fields.append('ids', id);
      return press(person, path, fields.toString());
    };
    const each = (path: string, fields: Fields = {}) => press(person, path, { ...token, ...fields });
    const acts = [
      () => {
        const to = people.filter(() => Math.random() < 0.6).map(({ username }) => username);
        const body = `Message ${(sent += 1)}`;
        return press(person, '/send', { ...forms[who]!, recipient: to.join() || 'bob', body });
      },
      async () => select('/messages/selected', 'delete', await pick(person, 'trashed_at is null')),
      async () => select('/trash/selected', 'restore', await pick(person, 'trashed_at is not null')),
      async () => select('/trash/selected', 'forever', await pick(person, 'trashed_at is not null')),
      async () => {
        const [id] = await pick(person, `box = 'sent' and trashed_at is null`);
        return id ? each(`/messages/${id}/unsend`) : undefined;
      },
      () => each(random(2) ? '/inbox/older' : '/sent/older', { than: '2999-01-01' }),
      () => each('/trash/empty'),
    ];
    return acts[[0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6][random(12)]!]!();
  };
  for (let round = 0; round < 40; round += 1) {
    const answers = await Promise.all(windows.flatMap((_, who) => [act(who), act(who)]));
    for (const answer of answers) expect([303, 404, undefined]).toContain(answer?.status);
    expect(await findUntrueConversations(app.pool), `after round ${round}`).toEqual([]);
  }
  expect(deadlocks()).toBe(0);
});

test('a message that arrives while the last one is deleted is not forgotten', async () => {
  const { rows } = await app.pool.query<{ id: string; username: string }>(
    `select id, username from users where username in ('alice', 'bob') order by id`,
  );
  const [deleter, sender] = rows[0]!.username === 'alice' ? [alice, bob] : [bob, alice];
  await sender.send(deleter.username, 'First');
  const form = { ...(await sender.hidden('/send')), recipient: deleter.username, body: 'Second' };
  const first = await idOf(app.pool, deleter, 'First');
  const token = await tokenOf(deleter);
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  // The second message has raised the deleter's conversation, and waits to write the sender's copy.
  await holder.query('begin');
  await holder.query('select from users where id = $1 for update', [rows[1]!.id]);
  const sending = sender.post('/send', form);
  await untilWaiting(app.pool);
  const deleting = deleter.post(`/messages/${first}/delete`, token);
  await untilWaiting(app.pool, 2);
  await holder.query('commit');
  await holder.end();
  expect([(await deleting).status, (await sending).status]).toEqual([303, 303]);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
  expect(await conversations()).toEqual(['alice, bob: Second', 'bob, alice: Second']);
});

test('the migration fills the conversations of mailboxes from before', async () => {
  const pool = createPool(await createDatabase('template0'), () => {});
  const all = readMigrations();
  const earlier = all.findIndex(({ name }) => name.endsWith('_conversations.sql'));
  await migrate(pool, all.slice(0, earlier));
  await pool.query(
    `insert into users (id, username, password_hash)
     select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'person-' || n, '' from generate_series(1, 4) n`,
  );
  await pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, trashed_at)
     select ('00000000-0000-7000-8000-00000000000' || 1 + n % 4)::uuid, gen_random_uuid(),
            case when n % 3 = 0 then 'inbox' else 'sent' end,
            case when n % 7 = 0 then '00000000-0000-0000-0000-000000000000'
            else ('00000000-0000-7000-8000-00000000000' || 1 + n % 5)::uuid end, 'Hello', now(),
            case when n % 2 = 0 then now() end
     from generate_series(1, 300) n`,
  );
  await pool.query(`insert into unread (owner_id, id) select owner_id, id from messages where box = 'inbox'`);
  await migrate(pool);
  expect((await pool.query('select from conversations')).rowCount).toBeGreaterThan(9);
  expect(await findUntrueConversations(pool)).toEqual([]);
  await pool.end();
});

test('undoing the deletion of many messages', async () => {
  await fillMailbox(app.pool, alice, bob, 1200);
  await fillMailbox(app.pool, alice, charlie, 300, { from: '2025-01-02' });
  expect(await findUntrueConversations(app.pool)).toEqual([]);
  await alice.post('/inbox/older', { ...(await tokenOf(alice)), than: '2999-01-01' });
  expect(await conversations()).toEqual([]);
  await alice.submit('/inbox', {}, '/trash/undo');
  expect(await conversations()).toHaveLength(2);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});
