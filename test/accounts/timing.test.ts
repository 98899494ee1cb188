// The time of a refused login reveals neither whether the name exists or waits to be approved, nor whether it has a second factor.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { withCodes } from '../support/authenticator.ts';
import { makeCodes } from '../support/codes.ts';
import { withPasskey } from '../support/passkey.ts';
import { registered, stranger } from '../support/person.ts';

const app = await startApp();
beforeAll(async () => {
  await registered(app.url, 'plain');
  const careful = await registered(app.url, 'careful');
  await withCodes(careful);
  await withPasskey(careful);
  await makeCodes(careful);
  await app.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash)
     select uuidv7(), 'waiting', password_hash, 'A line', '' from users where username = 'plain'`,
  );
});
afterAll(() => app.close());

const names = ['plain', 'careful', 'waiting', 'nobody-here'];
const tries = 200;

test.each([
  ['/login', 'password', 'not the password'],
  ['/login', 'password', 'nicht das Paßwört'.normalize('NFD')], // which may have been hashed in two forms
  ['/login/recovery', 'code', '0000-0000-0000-0000'],
])('at %s the fastest of at least 200 attempts are at most 3 ms apart', async (page, field, wrong) => {
  const someone = stranger(app.url);
  const token = await someone.hidden(page);
  const quickest = new Map(names.map((name) => [name, Infinity]));
  const apart = () => Math.max(...quickest.values()) - Math.min(...quickest.values());
  // A busy machine leaves the quickest too slow for a while; a real difference in the code stays.
  for (let round = 0; round < tries || (round < 5 * tries && apart() > 3); round += 1) {
    for (const username of names) {
      const startedAt = performance.now();
      const answer = await someone.post(page, { ...token, username, [field]: wrong });
      quickest.set(username, Math.min(quickest.get(username)!, performance.now() - startedAt));
      expect(answer.status).toBe(422);
    }
  }
  expect(apart(), JSON.stringify([...quickest])).toBeLessThanOrEqual(3);
});
