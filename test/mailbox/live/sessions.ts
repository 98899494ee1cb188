// Many signed-in users without passwords: rows and signed cookies as the app makes them.
import { createHmac } from 'node:crypto';
import type { Pool } from '../../../src/database/pool.ts';
import { newId } from '../../../src/ids.ts';
import { createCookies } from '../../../src/web/cookies.ts';
import { newSessionId, sessionKey } from '../../../src/sessions/queries.ts';

/** As startApp has it. */
const site = { publicUrl: 'http://localhost:3000', isHttps: false };

export interface SignedIn {
  id: string;
  username: string;
  cookies(): string;
}

/** So many people with so many browsers each; one entry for each browser. */
export async function signInMany(pool: Pool, people: number, browsers = 1): Promise<SignedIn[]> {
  const { rows } = await pool.query<{ secret: string }>(
    'select secret from signing_keys order by number desc limit 1',
  );
  const users = Array.from({ length: people }, (_, i) => ({ id: newId(), username: `reader-${i}` }));
  await pool.query(
    `insert into users (id, username, password_hash) select id, username, ''
     from unnest($1::uuid[], $2::text[]) as new (id, username)`,
    [users.map(({ id }) => id), users.map(({ username }) => username)],
  );
  const sessions = users.flatMap((user) =>
    Array.from({ length: browsers }, () => {
      const sid = newSessionId(user.id);
      const signature = createHmac('sha256', rows[0]!.secret).update(sid).digest('base64').replace(/=+$/, '');
      return {
        ...user,
        sid,
        cookies: () =>
          `${createCookies(site, []).name('session')}=${encodeURIComponent(`s:${sid}.${signature}`)}`,
      };
    }),
  );
  const now = Date.now();
  await pool.query(
    `insert into sessions (user_id, sid, sess, expire)
     select user_id, sid, $3, now() + interval '1 day' from unnest($1::uuid[], $2::text[]) as new (user_id, sid)`,
    [
      sessions.map(({ id }) => id),
      sessions.map(({ sid }) => sessionKey(sid)[1]),
      { cookie: { originalMaxAge: 86_400_000 }, startedAt: now, seenAt: now, csrfSecret: 'no form is sent' },
    ],
  );
  return sessions;
}
