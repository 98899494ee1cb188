// A preserved message: after the login, only its writer finds it.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { awkwardText, filledIn } from '../../support/forms.ts';
import { columnsWith } from '../../support/mailboxes.ts';
import type { Answer, Fields, Person } from '../../support/person.ts';

const canary = awkwardText.slice(5, 60);
const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let form: Fields;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  form = { ...(await alice.hidden('/send')), recipient: 'Bob, alice', body: awkwardText };
});

/** Signs alice out, and lets her press Send (or Save draft) afterwards. */
async function refused(action = '/send'): Promise<Answer> {
  await alice.submit('/inbox', {}, '/logout');
  const answer = await alice.post(action, form);
  expect(answer.status).toBe(401);
  return answer;
}
const logInOn = (page: Answer, person: Person, password = person.password): Promise<Answer> =>
  alice.post('/login', { ...filledIn(page, '/login'), username: person.username, password });

const saveDrafts = (count: number) =>
  app.pool.query(
    `insert into drafts (owner_id, id, recipient, body, saved_at)
     select u.id, gen_random_uuid(), '', 'Draft', now() from users u, generate_series(1, $1)
     where u.username = 'alice'`,
    [count],
  );

describe('the same user', () => {
  test.each(['/send', '/drafts'])('finds the form with every character, after %s', async (action) => {
    const back = await logInOn(await refused(action), alice);
    expect([back.status, back.headers.location]).toEqual([303, `/send?draft=${form.key}`]);
    const page = await alice.get(back.headers.location!);
    expect(page.$('textarea[name=body]').text()).toBe(awkwardText);
    expect(page.$('input[name=recipient]').attr('value')).toBe('Bob, alice');
    expect((await alice.post('/send', filledIn(page, '/send'))).status).toBe(303);
    const { rows } = await app.pool.query(`select body from messages where box = 'inbox'`);
    expect(rows).toEqual([{ body: awkwardText }, { body: awkwardText }]);
    expect((await app.pool.query('select from drafts')).rowCount).toBe(0);
  });

  test('finds it on a page opened before version 0.2.0, whose fields were named letter_…', async () => {
    const fields = Object.entries(filledIn(await refused(), '/login'));
    const former = fields.map(([name, value]) => [name.replace(/^message_/, 'letter_'), value]);
    expect(former.map(([name]) => name)).toContain('letter_body');
    const back = await alice.post('/login', {
      ...(Object.fromEntries(former) as Fields),
      password: alice.password,
    });
    expect(back.headers.location).toBe(`/send?draft=${form.key}`);
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(awkwardText);
  });

  test('finds it after a wrong password and after an upper-case username', async () => {
    const again = await logInOn(await refused(), alice, 'not the password');
    expect(again.status).toBe(422);
    expect(again.$('textarea[name=message_body]').text()).toBe(awkwardText);
    const back = await logInOn(again, { ...alice, username: ' ALICE ' });
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(awkwardText);
  });

  test('with two hundred drafts already gets an error, and the text is kept until there is room', async () => {
    await saveDrafts(200);
    const told = await logInOn(await refused(), alice);
    expect(told.status).toBe(422);
    expect(told.$('[role=alert]').text()).toContain('200 drafts');
    expect(told.$('textarea[name=message_body]').text()).toBe(awkwardText);
    const link = (await alice.get('/drafts')).$('form[action$="/discard"]').attr('action')!;
    expect((await alice.submit('/drafts', {}, link)).status).toBe(303);
    const back = await logInOn(told, alice);
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(awkwardText);
  });

  test('finds it with a hundred drafts already', async () => {
    await saveDrafts(100);
    const back = await logInOn(await refused(), alice);
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(awkwardText);
  });

  test('finds it if the text is too long to send', async () => {
    form.body = awkwardText + awkwardText;
    const back = await logInOn(await refused(), alice);
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(form.body);
  });

  test('finds it with NUL, which becomes a replacement character', async () => {
    const page = filledIn(await refused(), '/login');
    const back = await alice.post('/login', {
      ...page,
      message_body: 'a\0b',
      message_recipient: 'b\0',
      password: alice.password,
    });
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe('a\uFFFDb');
  });

  test('has sent it once, although it had arrived before and is sent again after the login', async () => {
    expect((await alice.post('/send', form)).status).toBe(303);
    const back = await logInOn(await refused(), alice);
    const page = await alice.get(back.headers.location!);
    expect((await alice.post('/send', filledIn(page, '/send'))).status).toBe(303);
    expect((await app.pool.query(`select from messages where box = 'inbox'`)).rowCount).toBe(2); // bob and alice
    expect((await app.pool.query('select from drafts')).rowCount).toBe(0);
  });
});

const drafts = async () =>
  (
    await app.pool.query<{ username: string; body: string }>(
      'select u.username, d.body from drafts d join users u on u.id = d.owner_id order by d.saved_at',
    )
  ).rows;
const kept = [{ username: 'alice', body: awkwardText }];

describe('another user', () => {
  test('who logs in on that page lands in their own inbox; the text becomes the writer’s draft', async () => {
    const back = await logInOn(await refused(), bob);
    expect([back.status, back.headers.location]).toEqual([303, '/inbox']);
    for (const path of ['/inbox', '/send', '/drafts', `/send?draft=${form.key}`])
      expect((await alice.get(path)).text).not.toContain('Quoted');
    expect(await drafts()).toEqual(kept);
    expect(await columnsWith(app.pool, canary)).toEqual(['drafts.body']);

    await alice.submit('/inbox', {}, '/logout');
    await alice.submit('/login', { username: 'alice', password: alice.password });
    const page = await alice.get(`/send?draft=${form.key}`);
    expect(page.$('textarea[name=body]').text()).toBe(awkwardText);
    expect(page.$('input[name=recipient]').attr('value')).toBe('Bob, alice');
    expect((await alice.post('/send', filledIn(page, '/send'))).status).toBe(303);
    expect(await drafts()).toEqual([]);
  });

  test('does not overwrite a newer version, nor any other draft', async () => {
    await alice.post('/drafts', { ...form, body: 'Saved before' });
    const phone = filledIn(await alice.get(`/send?draft=${form.key}`), '/send');
    const stale = filledIn(await alice.get(`/send?draft=${form.key}`), '/send');
    await alice.post('/drafts', { ...phone, body: 'Saved on the phone' });
    form = { ...stale, body: awkwardText };
    await logInOn(await refused(), bob);
    expect(await drafts()).toEqual([{ username: 'alice', body: 'Saved on the phone' }, ...kept]);
  });

  test('who signed in meanwhile in the same browser cannot send it', async () => {
    await alice.submit('/inbox', {}, '/logout');
    await alice.submit('/login', { username: 'bob', password: bob.password });
    for (const action of ['/send', '/drafts']) {
      const page = await alice.post(action, form);
      expect(page.status).toBe(403);
      expect(page.$('h1').text()).toBe('Login');
      expect(page.$('[role=alert]').text()).toContain(
        'alice wrote this, but this browser is now logged in as bob',
      );
      expect(page.$('form[action="/send"]')).toHaveLength(0);
      expect(page.$('textarea[name=message_body]').text()).toBe(awkwardText);

      // Bob’s login there keeps it for alice.
      await logInOn(page, bob);
      expect(await drafts()).toEqual(kept);
    }
    const back = await logInOn(await alice.post('/send', form), alice);
    expect((await alice.get(back.headers.location!)).$('textarea[name=body]').text()).toBe(awkwardText);
    expect(await drafts()).toEqual(kept);
  });

  test('who logs in with a recovery code does not get it either', async () => {
    const codes = (await bob.submit('/account/recovery-codes', {}, '/account/recovery-codes')).$('.codes li');
    const page = await refused();
    const asked = await alice.post('/login/recovery', filledIn(page, '/login'));
    const code = codes.first().text().trim();
    const fields = { ...filledIn(asked, '/login/recovery'), username: 'bob', code };
    expect((await alice.post('/login/recovery', fields)).status).toBe(303);
    expect(await drafts()).toEqual(kept);
  });

  test('gets no link to register, which would lose the text', async () => {
    expect((await refused()).$('main a[href="/register"]')).toHaveLength(0);
    expect((await alice.get('/login')).$('main a[href="/register"]')).toHaveLength(1);
  });
});

describe('nobody can plant drafts in another user’s mailbox', () => {
  /** Bob logs in on a page that he has made up from his own. */
  async function planted(fields: Fields): Promise<void> {
    const own = { ...(await bob.hidden('/send')), recipient: 'x', body: awkwardText };
    await bob.submit('/inbox', {}, '/logout');
    const page = filledIn(await bob.post('/send', own), '/login');
    const answer = await bob.post('/login', { ...page, username: 'bob', password: bob.password, ...fields });
    expect(answer.status).toBe(303);
  }

  test('with another writer’s name, without the page’s token or with a forged one', async () => {
    await planted({ message_writer: 'alice', message_page: '' });
    await planted({ message_writer: 'alice', message_page: 'made-up' });
    expect(await drafts()).toEqual([]);
    await planted({ message_writer: 'alice' }); // the page says that it is bob's
    expect(await drafts()).toEqual([{ username: 'bob', body: awkwardText }]);
  });

  test('with the token of alice’s page, for another form', async () => {
    const { page = '' } = form;
    await planted({ message_writer: 'alice', message_page: page });
    const changed = page.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace(/^./, 'z');
    await planted({ message_writer: 'alice', message_page: changed, message_key: form.key! });
    expect(await drafts()).toEqual([]);
  });

  test('after that account is deleted: the login works, and nothing is stored', async () => {
    const page = await refused();
    await app.pool.query(`delete from users where username = 'alice'`);
    expect((await logInOn(page, bob)).headers.location).toBe('/inbox');
    expect(await columnsWith(app.pool, canary)).toEqual([]);
  });
});
