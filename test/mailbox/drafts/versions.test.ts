// One draft on several pages: an older state never overwrites a newer one, and a sent draft stays sent.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { filledIn } from '../../support/forms.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { at, type Answer, type Fields } from '../../support/person.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from drafts; delete from messages; delete from ended_drafts'));
afterAll(() => app.close());

const long = 'Long and thought over. '.repeat(50);

async function texts(): Promise<string[]> {
  const { rows } = await app.pool.query<{ body: string }>('select body from drafts order by saved_at');
  return rows.map(({ body }) => body);
}
const open = async (id: string): Promise<Fields> => filledIn(await alice.get(`/send?draft=${id}`), '/send');

/** A saved draft, and its id. */
async function begun(body = 'First'): Promise<string> {
  const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob', body };
  await alice.post('/drafts', form);
  return form.key!;
}
const press = (form: Fields, body: string) => alice.post('/drafts', { ...form, body });
/** As the script saves: the n-th time of this page. */
async function autosave(form: Fields, body: string, saves = 1): Promise<Answer> {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' };
  const fields = { ...form, body, saves: String(saves) };
  return alice.ask('post', '/drafts', headers, new URLSearchParams(fields).toString());
}
const lineOf = (answer: Answer) => answer.$('.flash [role=status]').text();

describe('a page with an older state', () => {
  test('saves a copy beside the newer draft, and says so', async () => {
    const id = await begun();
    const [phone, laptop] = [await open(id), await open(id)];
    await press(laptop, long);
    const answer = await press(phone, 'First and a bit');
    const page = await alice.get(answer.headers.location!);
    expect(lineOf(page)).toContain('both are kept');
    expect(page.$('textarea[name=body]').text()).toBe('First and a bit');
    expect(page.$('input[name=key]').attr('value')).not.toBe(id);
    expect(await texts()).toEqual([long, 'First and a bit']);
    // Both continue independently.
    await press(filledIn(page, '/send'), 'First and more');
    await press(await open(id), `${long}!`);
    expect((await texts()).toSorted()).toEqual(['First and more', `${long}!`]);
  });

  test('keeps autosaving into one copy, and never says just "Saved"', async () => {
    const id = await begun();
    const [phone, laptop] = [await open(id), await open(id)];
    expect((await autosave(laptop, long)).body).toEqual({ isSaved: true });
    const told = await autosave(phone, 'First!', 1);
    expect(told.body).toMatchObject({
      isSaved: true,
      key: expect.not.stringMatching(id),
      line: /another draft/,
    });
    // The answer was lost on its way: the page saves under the old key once more.
    expect((await autosave(phone, 'First!!', 2)).body.key).toBe(told.body.key);
    const moved = { ...phone, key: told.body.key as string, page: told.body.page as string };
    expect((await autosave(moved, 'First!!!', 3)).body).toEqual({ isSaved: true });
    expect((await autosave(laptop, `${long}?`, 2)).body).toEqual({ isSaved: true });
    expect((await texts()).toSorted()).toEqual(['First!!!', `${long}?`]);
  });

  test('changes nothing if the text is the same', async () => {
    const id = await begun();
    const [phone, laptop] = [await open(id), await open(id)];
    await press(laptop, long);
    expect((await press(phone, long)).headers.location).toBe(`/send?draft=${id}`);
    expect(await texts()).toEqual([long]);
  });

  test('sends its own text, and the newer one stays a draft', async () => {
    const id = await begun();
    const [phone, laptop] = [await open(id), await open(id)];
    await press(laptop, long);
    expect((await alice.post('/send', phone)).status).toBe(303);
    expect(lineOf(await alice.get('/inbox'))).toContain('it is kept');
    expect(await texts()).toEqual([long]);
    expect((await alice.post('/send', filledIn(await alice.get(`/send?draft=${id}`), '/send'))).status).toBe(
      303,
    );
    expect(await texts()).toEqual([]);
  });

  test('is assumed if the page does not state a version', async () => {
    const id = await begun(long);
    const { page: _, ...mute } = await open(id);
    for (const page of ['', 'made up', (await open(await begun('Another'))).page!])
      await press({ ...mute, page }, `With ${page.slice(0, 4)}`);
    expect((await texts()).filter((text) => text === long)).toHaveLength(1);
    expect(await texts()).toHaveLength(5);
  });

  test('is also one left with "back" after its form was refused', async () => {
    const id = await begun();
    const before = await open(id);
    const refused = await alice.post('/send', { ...before, recipient: 'nobody-here', body: 'More' });
    const after = filledIn(refused, '/send');
    await press(after, long);
    await press(before, 'Less');
    expect((await texts()).toSorted()).toEqual(['Less', long]);
  });

  test('is detected under concurrency as well', async () => {
    const id = await begun();
    const pages = await Promise.all(Array.from({ length: 10 }, () => open(id)));
    const bodies = pages.map((_, index) => `Text ${index}`);
    await Promise.all(pages.map((page, index) => press(page, bodies[index]!)));
    expect((await texts()).toSorted()).toEqual(bodies);
  });
});

describe('one page', () => {
  test('updates its own draft, with and without a script, also after a refusal', async () => {
    const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob', body: '' };
    await autosave(form, 'a', 1);
    await autosave(form, 'ab', 2);
    const refused = await alice.post('/send', { ...form, recipient: 'nobody-here', body: 'abc', saves: '2' });
    const again = filledIn(refused, '/send');
    await autosave(again, 'abcd', 1);
    const twice = filledIn(
      await alice.post('/send', { ...again, recipient: 'nor-here', saves: '1' }),
      '/send',
    );
    await press(twice, 'abcde');
    await press(twice, 'abcdef');
    expect(await texts()).toEqual(['abcdef']);
  });

  test('does not overwrite its own later save: a save that arrives late becomes a copy', async () => {
    const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob', body: '' };
    await autosave(form, 'The end of it', 2);
    await autosave(form, 'The beginning', 1);
    expect((await texts()).toSorted()).toEqual(['The beginning', 'The end of it']);
  });
});

describe('a draft that was sent or discarded elsewhere', () => {
  const endings: [string, (form: Fields) => Promise<Answer>][] = [
    ['sent', (form) => alice.post('/send', form)],
    ['discarded', async (form) => alice.submit('/drafts', {}, `/drafts/${form.key}/discard`)],
  ];
  test.each(endings)('%s: an open page does not restore it, and keeps its text', async (what, end) => {
    const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob', body: 'First' };
    await press(form, 'First');
    const page = await open(form.key!);
    await end(await open(form.key!));
    for (const stale of what === 'sent' ? [page, form] : [page]) {
      const told = await autosave(stale, 'First and more');
      expect([told.status, told.body.isSaved]).toEqual([409, false]);
      const answer = await press(stale, 'First and more');
      expect(answer.status).toBe(409);
      expect(answer.$('[role=alert]').text()).toContain('sent or discarded on another page');
      expect(answer.$('textarea[name=body]').text()).toBe('First and more');
      expect(await texts()).toEqual([]);
    }
    // Pressed once more on the page that says so, it is a new draft.
    const asked = filledIn(await press(page, 'First and more'), '/send');
    expect((await alice.post('/drafts', asked)).status).toBe(303);
    expect(await texts()).toEqual(['First and more']);
  });

  test('during a save: it is gone, or the newer text is kept', async () => {
    for (let turn = 0; turn < 15; turn += 1) {
      const id = await begun();
      const [here, there] = [await open(id), await open(id)];
      const [, told] = await Promise.all([alice.post('/send', here), autosave(there, 'More')]);
      const left = await texts();
      expect(left).toEqual(told.body.isSaved ? ['More'] : []);
      await app.pool.query('delete from drafts');
    }
  });

  test('in a transaction that the save waits for: it is not created again', async () => {
    const slow = await startApp({}, patient(app.databaseUrl));
    const here = at(slow.url, alice);
    const page = await open(await begun());
    const ending = await app.pool.connect();
    await ending.query('begin; delete from drafts where true');
    await ending.query(
      `insert into ended_drafts (owner_id, id, is_sent) select id, $1, true from users where username = 'alice'`,
      [page.key],
    );
    const answered = here.post('/drafts', { ...page, body: 'More' });
    await untilWaiting(app.pool);
    await ending.query('commit');
    ending.release();
    expect((await answered).status).toBe(409);
    expect(await texts()).toEqual([]);
    await slow.close();
  });

  test('by bob under the same id changes nothing for alice', async () => {
    const id = await begun();
    const form = { ...(await bob.hidden('/send')), key: id, recipient: 'alice', body: 'Bob’s' };
    await bob.post('/drafts', form);
    await bob.post('/send', form);
    await press(await open(id), 'Still here');
    expect(await texts()).toEqual(['Still here']);
  });

  test('is reported when its button is pressed again', async () => {
    const id = await begun();
    const fields = await alice.hidden('/drafts', `/drafts/${id}/discard`);
    await alice.post(`/drafts/${id}/discard`, { ...fields, confirmed: 'yes' });
    await alice.get('/drafts');
    expect((await alice.post(`/drafts/${id}/discard`, { ...fields, confirmed: 'yes' })).status).toBe(303);
    expect(lineOf(await alice.get('/drafts'))).toBe('This draft was sent or discarded already.');
    const bobs = { ...(await bob.hidden('/inbox', '/logout')), confirmed: 'yes' };
    expect((await bob.post(`/drafts/${id}/discard`, bobs)).status).toBe(404);
  });
});

test('an existing draft can be saved when there are a hundred', async () => {
  const id = await begun();
  await app.pool.query(
    `insert into drafts (owner_id, id, recipient, body, saved_at)
     select id, gen_random_uuid(), '', 'Draft', now() from users, generate_series(1, 150) where username = 'alice'`,
  );
  expect((await press(await open(id), 'Changed')).status).toBe(303);
  expect(await texts()).toContain('Changed');
});
