// Administrators, and the people of the pages that they use.
import type { TestApp } from './app.ts';
import type { Person } from './person.ts';

export async function makeAdmin(app: TestApp, { username }: Person): Promise<void> {
  await app.pool.query('update users set admin_since = now() where username = $1', [username]);
}

/** As if the person had logged in, and confirmed the password, so many minutes ago. */
export async function ageConfirmation(app: TestApp, { username }: Person, minutes: number): Promise<void> {
  const at = Date.now() - minutes * 60_000;
  await app.pool.query(
    `update sessions set sess = sess || $2
     where user_id = (select id from users where username = $1)`,
    [username, { startedAt: at, confirmedAt: at, factorAt: at }],
  );
}
