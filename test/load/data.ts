// Users, sessions and messages for the bench, inserted by SQL: logins would take minutes.
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { insertSession, newSessionId } from '../../src/sessions/queries.ts';
import { withQueryTimeout } from '../../src/database/pool.ts';
import { newId } from '../../src/ids.ts';
import { createCookies } from '../../src/web/cookies.ts';
import { fillConversations } from '../support/conversations.ts';
import { idInSql } from '../support/id-in-sql.ts';

/** The address that the programs under measurement have: their cookies are named by it. */
export const benchSite = { publicUrl: 'http://localhost:3000', isHttps: false };

export interface BenchPerson {
  id: string;
  username: string;
  /** The Cookie header of a signed-in browser. */
  cookie: string;
}

/** People who are signed in, without passwords. */
export async function makePeople(pool: pg.Pool, count: number): Promise<BenchPerson[]> {
  const people = Array.from({ length: count }, (_, index) => ({ id: newId(), username: `person${index}` }));
  await pool.query(
    `with account as (
       insert into users (id, username, password_hash) select *, 'none'
         from unnest($1::uuid[], $2::text[]) returning id)
     insert into mailbox_usage (owner_id, messages, bytes, sent, sent_bytes) select id, 0, 0, 0, 0 from account`,
    [people.map(({ id }) => id), people.map(({ username }) => username)],
  );
  return signIn(
    pool,
    people.map(({ id }) => id),
  );
}

/** As if each had written to that other one before: a first message costs more. */
export async function makeKnown(
  pool: pg.Pool,
  pairs: { from: BenchPerson; to: BenchPerson }[],
): Promise<void> {
  await pool.query(
    `insert into contacts (owner_id, other_id, written_at) select *, now() from unnest($1::uuid[], $2::uuid[])`,
    [pairs.map(({ from }) => from.id), pairs.map(({ to }) => to.id)],
  );
}

/** Sessions of people who are there, without passwords. */
export async function signIn(pool: pg.Pool, ids: string[]): Promise<BenchPerson[]> {
  const { rows: keys } = await pool.query<{ secret: string }>(
    'select secret from signing_keys order by number limit 1',
  );
  const { rows: people } = await pool.query<{ id: string; username: string }>(
    'select id, username from users where id = any ($1::uuid[]) order by array_position($1::uuid[], id)',
    [ids],
  );
  const signedIn: BenchPerson[] = [];
  for (const person of people) {
    const sessionId = newSessionId(person.id);
    const now = Date.now();
    const cookie = { originalMaxAge: null, path: '/' };
    const data = { cookie, startedAt: now, seenAt: now, csrfSecret: 'x'.repeat(24) };
    await insertSession(pool, sessionId, data);
    // As express-session signs: "s:", the id, and its HMAC without padding.
    const signature = createHmac('sha256', keys[0]!.secret)
      .update(sessionId)
      .digest('base64')
      .replace(/=+$/, '');
    signedIn.push({
      ...person,
      cookie: `${createCookies(benchSite, []).name('session')}=${encodeURIComponent(`s:${sessionId}.${signature}`)}`,
    });
  }
  return signedIn;
}

/** `count` messages of 300 characters in each mailbox of these people, from one another, spread over a year. */
export async function fillMailboxes(pool: pg.Pool, owners: string[], count: number): Promise<void> {
  const batch = 10_000;
  for (const [index, owner] of owners.entries()) {
    for (let start = 0; start < count; start += batch) {
      const statement = {
        text: `insert into messages (owner_id, id, box, other_id, body, sent_at)
               select $1, ${idInSql('extract(epoch from at) * 1000', 'n')},
                      'inbox', $2, 'Letter ' || n || ' ' || substr(repeat(md5(n::text) || ' the and of table cake ', 8), 1, 290), at
               from generate_series($3::int, $4::int) n, lateral (select now() - n * interval '1 minute' as at) moment`,
        values: [owner, owners[(index + 1) % owners.length], start + 1, Math.min(start + batch, count)],
      };
      await pool.query(withQueryTimeout(statement, 600_000));
    }
    await fillConversations(pool);
    await pool.query(
      'update mailbox_usage set messages = messages + $2, bytes = bytes + 300 * $2 where owner_id = $1',
      [owner, count],
    );
  }
}
