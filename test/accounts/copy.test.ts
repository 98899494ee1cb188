// A copy of the database holds no usable credential: no code, secret, link or cookie.
import { afterAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/queries.ts';
import { makeInvitation } from '../../src/accounts/invitations/queries.ts';
import { makeResetLink } from '../../src/accounts/reset-links/queries.ts';
import { startApp } from '../support/app.ts';
import { beginLogin, withCodes } from '../support/authenticator.ts';
import { makeCodes } from '../support/codes.ts';
import { columnsOfJust, columnsWith } from '../support/mailboxes.ts';
import { withPasskey } from '../support/passkey.ts';
import { registered, stranger } from '../support/person.ts';

const app = await startApp();
afterAll(() => app.close());

test('no column of any table holds a usable credential', async () => {
  const alice = await registered(app.url, 'alice', 'a very private password');
  const codes = await makeCodes(alice);
  const { letters, bytes, code, first } = await withCodes(alice);
  await withPasskey(alice);
  const begun = stranger(app.url, 'alice', alice.password);
  await beginLogin(begun);
  const { id } = (await findAccount(app.pool, 'alice'))!;
  const reset = await makeResetLink(app.pool, id, false);
  const invitation = await makeInvitation(app.pool, id);

  const cookies = [alice, begun].flatMap(
    (person) =>
    person.cookies().split('; ').map((pair) => decodeURIComponent(pair.slice(pair.indexOf('=') + 1))), // prettier-ignore
  );
  const signed = cookies.filter((cookie) => !cookie.startsWith('s:j:')); // not the line that is shown once
  // Of a signed cookie "s:value.signature" the value; of a session's id also the part that nobody can guess.
  const values = signed.map((cookie) => cookie.slice(2, cookie.lastIndexOf('.')));
  const secrets = [
    alice.password,
    ...codes,
    ...codes.map((each) => each.replaceAll('-', '')),
    letters,
    Buffer.from(bytes).toString('hex'),
    Buffer.from(bytes).toString('base64'),
    reset.token,
    invitation.token,
    ...signed,
    ...values,
    ...values.map((value) => value.slice(value.indexOf('.') + 1)),
  ];
  expect(secrets.length).toBeGreaterThan(40);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5);
    expect(await columnsWith(app.pool, secret), secret).toEqual([]);
  }
  // Six digits may stand somewhere by chance, in a time or in an id; but not alone or in quotes, nor two codes in
  // the same column.
  const [now, next] = [code(), code(1)];
  for (const each of [first, now, next]) {
    expect(await columnsOfJust(app.pool, each)).toEqual([]);
    expect(await columnsWith(app.pool, `"${each}"`)).toEqual([]);
  }
  const withNext = await columnsWith(app.pool, next);
  expect((await columnsWith(app.pool, now)).filter((column) => withNext.includes(column))).toEqual([]);
  expect(await columnsWith(app.pool, 'alice')).toContain('users.username'); // it does look
  expect(await columnsOfJust(app.pool, 'alice')).toContain('users.username');
});
