// Login and logout for users made without a password.
import { createHasher } from '../../src/accounts/passwords.ts';
import { tokenIn, type Client, type Reply } from './client.ts';
import type { Site } from './site.ts';

const password = 'the same long password for everybody';

/** Gives every user a password. */
export async function givePasswords(site: Site): Promise<void> {
  const hash = await createHasher({ memoryKib: 7168, passes: 1 }).hash(password);
  const usernames = site.people.map(({ username }) => username);
  await site.withDatabase((db) =>
    db.query('update users set password_hash = $1 where username = any ($2)', [hash, usernames]),
  );
}

export async function logIn(client: Client): Promise<Reply> {
  const page = await client.get('/login');
  if (page.status !== 200) return page;
  const { username } = client.person;
  return client.post('/login', { _csrf: tokenIn(page.text), username, password });
}

export async function logOut(client: Client): Promise<Reply> {
  return client.post('/logout', { _csrf: await client.token() });
}
