// Session lifetime and cost; signed-out visitors have none.
import { afterAll, describe, expect, test } from 'vitest';
import { runCleanupJobs } from '../../src/process/cleanup-jobs.ts';
import { cast } from '../support/cast.ts';
import { isSignedIn, registered, stranger } from '../support/person.ts';
import { statementsOf } from '../support/statements.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

const day = 24 * 60 * 60 * 1000;
const minute = 60 * 1000;

interface Row {
  startedAt: number;
  seenAt: number;
  expire: Date;
}
/** The only session of somebody. */
async function sessionOf(username: string): Promise<Row | undefined> {
  const { rows } = await app.pool.query<Row>(
    `select (sess->>'startedAt')::float8 as "startedAt", (sess->>'seenAt')::float8 as "seenAt", expire
     from sessions where user_id = (select id from users where username = $1)`,
    [username],
  );
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0];
}

/** Turns the clock of somebody's session back. */
async function age(username: string, startedAgo: number, seenAgo: number): Promise<void> {
  const now = Date.now();
  await app.pool.query(
    `update sessions set sess = sess || jsonb_build_object('startedAt', $2::float8, 'seenAt', $3::float8)
     where user_id = (select id from users where username = $1)`,
    [username, now - startedAgo, now - seenAgo],
  );
}

function expectNear(actual: number, wanted: number): void {
  expect(Math.abs(actual - wanted)).toBeLessThan(minute);
}

describe('a session', () => {
  test('expires 30 days after the last visit', async () => {
    const { expire } = (await sessionOf('alice'))!;
    expectNear(expire.getTime(), Date.now() + 30 * day);
  });

  test('is extended by every visit, up to 90 days after the login', async () => {
    await age('bob', 59 * day, 29 * day);
    expect(await isSignedIn(bob)).toBe(true);
    expectNear((await sessionOf('bob'))!.expire.getTime(), Date.now() + 30 * day);

    await age('bob', 80 * day, 10 * day);
    expect(await isSignedIn(bob)).toBe(true);
    expectNear((await sessionOf('bob'))!.expire.getTime(), Date.now() + 10 * day);
  });

  test('is invalid once expired, whatever the cookie says', async () => {
    const carol = await registered(app.url, 'carol');
    await app.pool.query(
      `update sessions set expire = now() - interval '1 second'
       where user_id = (select id from users where username = 'carol')`,
    );
    expect(await isSignedIn(carol)).toBe(false);
    expect((await carol.submit('/login', { username: 'carol', password: carol.password })).status).toBe(303);
    expect(await isSignedIn(carol)).toBe(true);
  });

  test('is deleted once expired; others are kept', async () => {
    await registered(app.url, 'frank');
    await app.pool.query(
      `insert into sessions (user_id, sid, sess, expire)
       select u.id, 'old-' || n, s.sess, now() - n * interval '1 second'
       from users u join sessions s on s.user_id = u.id, generate_series(1, 1200) n where u.username = 'frank'`,
    );
    expect(await runCleanupJobs(app.pool)).toBeGreaterThanOrEqual(1200); // somebody else's may be among them
    expect(await sessionOf('frank')).toBeDefined();
  });

  test('ends with the account', async () => {
    const dave = await registered(app.url, 'dave');
    await app.pool.query(`delete from users where username = 'dave'`);
    expect(await isSignedIn(dave)).toBe(false);
  });

  test('cannot be used by a reader of the table', async () => {
    const id = decodeURIComponent(/session=([^;]*)/.exec(alice.cookies())![1]!).slice('s:'.length);
    const { rows } = await app.pool.query<{ line: string }>('select sessions::text as line from sessions');
    const secret = id.split('.')[1]!;
    expect(secret.length).toBeGreaterThanOrEqual(32);
    for (const { line } of rows) expect(line).not.toContain(secret);
  });

  test('is marked as used every five minutes, not more often', async () => {
    await age('alice', day, 6 * minute);
    const isWrite = (text: string) => !/^\s*select/i.test(text);
    const first = await statementsOf(app.appPool, () => alice.get('/inbox'));
    expect(first.filter(isWrite)).toHaveLength(1);
    expectNear((await sessionOf('alice'))!.seenAt, Date.now());

    await age('alice', day, 4 * minute);
    const next = await statementsOf(app.appPool, () => alice.get('/inbox'));
    expect(next.filter(isWrite)).toEqual([]);
  });
});

describe('the session cookie', () => {
  test('is renewed every five minutes, so that the browser keeps it as long as the session', async () => {
    const erin = await registered(app.url, 'erin');
    const given = async () =>
      [(await erin.get('/inbox')).headers['set-cookie'] ?? []]
        .flat()
        .filter((line) => /^pm-[0-9a-f]{8}-session=/.test(line));
    const before = erin.cookies();
    expect(await given()).toEqual([]);
    for (const [startedAgo, seenAgo, left] of [
      [59 * day, 29 * day, 30 * day],
      [80 * day, 10 * day, 10 * day],
    ] as const) {
      await age('erin', startedAgo, seenAgo);
      const [line, ...others] = await given();
      expect(others).toEqual([]);
      expectNear(Date.parse(/Expires=([^;]*)/.exec(line!)![1]!), Date.now() + left);
      expect(line).toMatch(/; Path=\/; Expires=[^;]*; HttpOnly; SameSite=Lax$/);
    }
    expect(erin.cookies()).toBe(before);
    expect(await isSignedIn(erin)).toBe(true);
  });

  test.each(['GET', 'HEAD', 'POST'])(
    '%s with another of our cookies in its place is signed out',
    async (method) => {
      const visitor = stranger(app.url);
      await visitor.get('/login');
      const form = /form=([^;]*)/.exec(visitor.cookies())![1]!;
      const answer = await fetch(`${app.url}/inbox`, {
        method,
        redirect: 'manual',
        headers: { cookie: `session=${form}` },
      });
      expect([answer.status, answer.headers.get('location')?.split('?')[0]]).toEqual([303, '/login']);
    },
  );
});

describe('statements per visit', () => {
  test.each([
    ['/inbox', 2],
    ['/inbox?before=ffffffff-ffff-ffff-ffff-ffffffffffff', 2],
    ['/send', 3],
    ['/nothing-here', 1],
    ['/', 1],
  ])('signed in, %s: at most %d, none of which writes', async (page, most) => {
    await alice.get(page);
    const texts = await statementsOf(app.appPool, () => alice.get(page));
    expect(texts.length).toBeLessThanOrEqual(most);
    for (const text of texts) expect(text).toMatch(/^\s*select/i);
  });

  test.each(['/', '/login', '/register', '/inbox', '/nothing-here', '/healthz', '/assets/app.css'])(
    'signed out, %s: none',
    async (page) => {
      expect(await statementsOf(app.appPool, () => stranger(app.url).get(page))).toEqual([]);
    },
  );
});

test('a thousand signed-out visits write no session and set no session cookie', async () => {
  const count = async () => (await app.pool.query('select from sessions')).rowCount;
  const before = await count();
  for (let round = 0; round < 50; round += 1) {
    const visits = Array.from({ length: 20 }, async (_, i) =>
      stranger(app.url).get(i % 4 === 0 ? '/register' : '/login'),
    );
    for (const answer of await Promise.all(visits)) {
      expect(answer.status).toBe(200);
      expect((answer.get('Set-Cookie') ?? []).join('\n')).not.toContain('session');
    }
  }
  expect(await count()).toBe(before);
});

test('a failed login or registration writes no session either', async () => {
  const { rowCount: before } = await app.pool.query('select from sessions');
  const someone = stranger(app.url);
  await someone.submit('/login', { username: 'alice', password: 'wrong password' });
  await someone.submit('/register', { username: 'alice', password: 'a long enough password' });
  expect(someone.cookies()).not.toContain('session');
  expect((await app.pool.query('select from sessions')).rowCount).toBe(before);
});
