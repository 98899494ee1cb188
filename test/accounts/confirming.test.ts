// Password confirmation: renews the session id and is required again after 15 minutes.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openStream } from '../mailbox/live/listening.ts';
import { loggedInWith } from '../support/agents.ts';
import { cast } from '../support/cast.ts';
import { withCodes } from '../support/authenticator.ts';
import { withPasskey } from '../support/passkey.ts';
import { isSignedIn, stranger, type Person } from '../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice } = await reset());
});

const factor = '/account/second-factor';
/** Lets the last confirmation be too old. */
const expireConfirmation = () => app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
const confirm = (password = alice.password) => alice.submit('/account/confirm', { password });
const copyOf = (person: Person) => stranger(app.url, 'alice', '', person.cookies());

describe('confirming the password', () => {
  const ways: [string, () => Promise<{ status: number }>][] = [
    ['on its page', () => confirm()],
    [
      'with a new one',
      () => alice.submit('/account/password', { current: alice.password, password: 'another long one' }),
    ],
  ];

  test.each(ways)('%s renews the session id and invalidates the old one', async (_, way) => {
    const thief = copyOf(alice);
    expect(await isSignedIn(thief)).toBe(true);
    expect((await way()).status).toBe(303);
    expect(await isSignedIn(thief)).toBe(false);
    expect(await isSignedIn(alice)).toBe(true);
    const { rows } = await app.pool.query<{ sess: { startedAt: number }; agent: string }>(
      `select sess, agent from sessions where user_id = (select id from users where username = 'alice')`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.sess.startedAt).toBeGreaterThan(0);
  });

  test('keeps forms of other tabs valid and their streams open', async () => {
    const form = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'From another tab' };
    const stream = await openStream(app.url, alice);
    await confirm();
    expect((await alice.post('/send', form)).status).toBe(303);
    await stream.hears({ unread: 1 });
    expect(stream.text()).not.toContain('signed-out');
    stream.close();
  });

  test('with a wrong password changes nothing', async () => {
    const before = alice.cookies();
    expect((await confirm('not the password')).status).toBe(422);
    expect(alice.cookies()).toBe(before);
  });

  test('keeps the session’s running import', async () => {
    const { rows } = await app.pool.query<{ id: string; sid: string }>(
      `select id, sid from sessions join users on id = user_id where username = 'alice'`,
    );
    await app.pool.query(
      `insert into imports (user_id, job, sid, epoch, bytes_total, own_addresses) values ($1, $1, $2, 0, 1, '')`,
      [rows[0]!.id, rows[0]!.sid],
    );
    await confirm();
    const { rowCount } = await app.pool.query('select from imports join sessions using (user_id, sid)');
    expect(rowCount).toBe(1);
  });

  test('twice at the same moment gives the session to one request only', async () => {
    const form = { ...(await alice.hidden('/account/confirm')), password: alice.password };
    const twin = copyOf(alice);
    const answers = await Promise.all([alice, twin].map((one) => one.post('/account/confirm', form)));
    // The other one comes too late: before its session is read, or after.
    expect(answers.filter((answer) => answer.get('Location') === '/account')).toHaveLength(1);
    expect((await Promise.all([alice, twin].map(isSignedIn))).filter(Boolean)).toHaveLength(1);
  });
});

describe('15 minutes later, the password is required again', () => {
  test('to end devices', async () => {
    const phone = await loggedInWith(app.url, alice);
    const { $ } = await alice.get('/account/devices');
    const one = {
      _csrf: $('input[name=_csrf]').attr('value')!,
      device: $('input[name=device]').attr('value')!,
    };
    await expireConfirmation();
    for (const action of ['/account/devices/end', '/account/devices/end-others']) {
      const answer = await alice.post(action, one);
      expect(answer.get('Location')).toBe('/account/confirm?next=%2Faccount%2Fdevices');
    }
    expect(await isSignedIn(phone)).toBe(true);
    await confirm();
    expect((await alice.post('/account/devices/end', one)).status).toBe(303);
    expect(await isSignedIn(phone)).toBe(false);
  });

  test('to change factors', async () => {
    await withCodes(alice);
    await withPasskey(alice);
    const form = await alice.hidden(`${factor}/off`);
    const remove = (await alice.get('/account/passkeys')).$('form[action$="/remove"]').attr('action')!;
    await expireConfirmation();
    for (const action of [
      factor,
      `${factor}/off`,
      `${factor}/set-up`,
      `${factor}/passkey`,
      '/account/passkeys',
      remove,
    ])
      expect((await alice.post(action, form)).get('Location'), action).toMatch(/^\/account\/confirm/);
    for (const table of ['totp', 'passkeys'])
      expect((await app.pool.query(`select from ${table}`)).rowCount).toBe(1);
  });
});

describe('after a change of factors', () => {
  const offer = async (page: string) => (await alice.get(page)).$('.offer form[action$="/end-others"]');
  const changes: [string, string, () => Promise<unknown>][] = [
    ['codes on', factor, () => withCodes(alice)],
    [
      'codes off',
      factor,
      async () => {
        await withCodes(alice);
        await alice.get(factor);
        await alice.submit(`${factor}/off`);
      },
    ],
    ['a passkey added', '/account/passkeys', () => withPasskey(alice)],
    [
      'a passkey removed',
      '/account/passkeys',
      async () => {
        await withPasskey(alice);
        const { $ } = await alice.get('/account/passkeys');
        await alice.submit('/account/passkeys', {}, $('form[action$="/remove"]').attr('action'));
      },
    ],
  ];

  test.each(changes)(
    '%s: an offer, beside the flash, logs out all other devices',
    async (_, page, change) => {
      const phone = await loggedInWith(app.url, alice);
      await change();
      const form = await offer(page);
      expect(form.text().trim()).toBe('Log out all other devices');
      expect(form.closest('section.offer').attr('aria-label')).toBe('Other devices');
      expect(form.closest('.flash, [role=status]')).toHaveLength(0);
      const answer = await alice.post(form.attr('action')!, { _csrf: form.find('input').attr('value')! });
      expect(answer.status).toBe(303);
      expect([await isSignedIn(phone), await isSignedIn(alice)]).toEqual([false, true]);
    },
  );

  test('the button is not shown if there are no other devices', async () => {
    await withCodes(alice);
    expect(await offer(factor)).toHaveLength(0);
  });
});
