// Drafts: unsent messages, one per form, private to their owner.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { maxDraftLength } from '../../../src/mailbox/drafts/limits.ts';
import { cast } from '../../support/cast.ts';
import { awkwardText, filledIn, press } from '../../support/forms.ts';
import { columnsWith, tokenOf } from '../../support/mailboxes.ts';
import type { Answer, Fields } from '../../support/person.ts';

const { app, alice, charlie } = await cast();
beforeEach(async () => {
  await app.pool.query('delete from drafts');
  await app.pool.query('delete from messages');
});
afterAll(() => app.close());

interface Stored {
  owner: string;
  id: string;
  recipient: string;
  body: string;
}
async function stored(): Promise<Stored[]> {
  const { rows } = await app.pool.query<Stored>(
    `select u.username as owner, d.id, d.recipient, d.body from drafts d join users u on u.id = d.owner_id
     order by d.saved_at`,
  );
  return rows;
}
const begun = async (fields: Fields, person = alice): Promise<Fields> => ({
  ...(await person.hidden('/send')),
  recipient: '',
  body: '',
  ...fields,
});
const list = ({ $ }: Answer) =>
  $('.messages > li')
    .toArray()
    .map((row) => `${$(row).find('h2').text()}: ${$(row).find('.excerpt').text()}`);

describe('Save draft', () => {
  test('is a button of the same form that skips validation', async () => {
    const { $ } = await alice.get('/send');
    const button = $('form[action="/send"] button[formaction="/drafts"][formnovalidate]');
    expect(button.text()).toBe('Save draft');
    expect((await alice.get('/with/bob')).$('.answer button[formaction="/drafts"]')).toHaveLength(1);
  });

  test('saves everything and shows the form again with all of it', async () => {
    const form = await begun({ recipient: ' Bob, nobody', body: awkwardText });
    const answer = await alice.post('/drafts', form);
    expect([answer.status, answer.headers.location]).toEqual([303, `/send?draft=${form.key}`]);
    const page = await alice.get(answer.headers.location!);
    expect(page.$('[role=status]').first().text()).toBe('Saved as a draft.');
    expect(page.$('textarea[name=body]').text()).toBe(awkwardText);
    expect(page.$('input[name=recipient]').attr('value')).toBe(' Bob, nobody');
    expect(page.$('input[name=key]').attr('value')).toBe(form.key);
  });

  test('updates the draft when pressed again', async () => {
    const form = await begun({ recipient: 'bob', body: 'First' });
    const first = await alice.post('/drafts', form);
    const page = filledIn(await alice.get(first.headers.location!), '/send');
    await alice.post('/drafts', { ...page, body: 'Second' });
    expect(await stored()).toEqual([{ owner: 'alice', id: form.key, recipient: 'bob', body: 'Second' }]);
    // Emptied, it is still that one.
    await alice.post('/drafts', { ...page, recipient: '', body: '' });
    expect(await stored()).toEqual([{ owner: 'alice', id: form.key, recipient: '', body: '' }]);
  });

  test('pressed twenty times concurrently saves one draft', async () => {
    const form = await begun({ body: 'Once' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => press(alice, '/drafts', form)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(await stored()).toHaveLength(1);
  });

  test('saves a text that is too long to send, and unknown names', async () => {
    const form = await begun({ recipient: 'x'.repeat(5000), body: '🦉'.repeat(30_000) });
    const answer = await alice.post('/drafts', form);
    expect(answer.status).toBe(303);
    const page = await alice.get(answer.headers.location!);
    expect(page.$('textarea[name=body]').text()).toBe(form.body);
    expect(page.$('input[name=recipient]').attr('value')).toBe(form.recipient);
  });

  test('saves a hundred thousand characters, and refuses one more with all of them on the page', async () => {
    const longest = `${'ह'.repeat(maxDraftLength.body - 1)}\n`;
    const form = await begun({ recipient: 'bob', body: longest.replace('\n', '\r\n') });
    expect((await alice.post('/drafts', form)).status).toBe(303);
    const refused = await alice.post('/drafts', { ...form, body: `${longest}x` });
    expect(refused.status).toBe(422);
    expect(refused.$('[role=alert]').text()).toContain('at most 100,000 characters');
    expect(refused.$('textarea[name=body]').text()).toBe(`${longest}x`);
    expect((await stored()).map(({ body }) => body === longest)).toEqual([true]);
    const named = await alice.post('/drafts', {
      ...form,
      recipient: 'x'.repeat(maxDraftLength.recipient + 1),
    });
    expect(named.status).toBe(422);
  });

  test('refuses NUL and keeps the text', async () => {
    const answer = await alice.post('/drafts', await begun({ recipient: 'bob', body: 'a\0b' }));
    expect(answer.status).toBe(422);
    expect(answer.$('textarea[name=body]').text()).toBe('a\uFFFDb'); // as browsers read it
    expect((await alice.post('/drafts', await begun({ recipient: 'b\0b' }))).status).toBe(422);
    expect(await stored()).toEqual([]);
  });

  test('refuses a draft beyond a hundred and keeps its text; existing ones can still be saved', async () => {
    const form = await begun({ body: 'The first' });
    await alice.post('/drafts', form);
    await app.pool.query(
      `insert into drafts (owner_id, id, recipient, body, saved_at)
       select u.id, gen_random_uuid(), '', 'Draft', now() from users u, generate_series(1, 99)
         where u.username = 'alice'`,
    );
    const refused = await alice.post('/drafts', await begun({ recipient: 'bob', body: awkwardText }));
    expect(refused.status).toBe(422);
    expect(refused.$('[role=alert]').text()).toContain('100 drafts');
    expect(refused.$('textarea[name=body]').text()).toBe(awkwardText);
    expect((await alice.post('/drafts', { ...form, body: 'Changed' })).status).toBe(303);
    expect(await stored()).toHaveLength(100);
    expect((await charlie.post('/drafts', await begun({ body: 'Mine' }, charlie))).status).toBe(303);
  });
});

test('autosave gets a short JSON answer', async () => {
  const form = await begun({ recipient: 'bob', body: 'By itself' });
  const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' };
  const save = (fields: Fields) =>
    alice.ask('post', '/drafts', headers, new URLSearchParams(fields).toString());
  const answer = await save(form);
  expect([answer.status, answer.body]).toEqual([200, { isSaved: true }]);
  const tooLong = await save({ ...form, body: 'x'.repeat(maxDraftLength.body + 1) });
  expect(tooLong.status).toBe(422);
  expect((tooLong.body as { line: string }).line).toMatch(/^Not saved, your text is only .* at most 100,000/);
  await save({ ...form, body: 'By itself, again' });
  expect((await stored()).map(({ body }) => body)).toEqual(['By itself, again']);
  expect((await save({ ...form, _csrf: 'old' })).status).toBe(403);
  expect((await alice.get('/drafts')).$('[role=status]')).toHaveLength(0);
});

test('the list is ordered by the last save and shows recipient and excerpt', async () => {
  const first = await begun({ recipient: 'bob', body: `One ${'word '.repeat(100)}` });
  await alice.post('/drafts', first);
  await alice.post('/drafts', await begun({ body: '<b>Two</b>' }));
  await alice.post('/drafts', await begun({ recipient: 'dora' }));
  expect(list(await alice.get('/drafts'))).toEqual([
    'To dora: (empty)',
    'To nobody yet: <b>Two</b>',
    `To bob: ${first.body!.slice(0, 200)}…`,
  ]);
  await alice.post('/drafts', { ...first, body: 'One, again' });
  const page = await alice.get('/drafts');
  expect(list(page)[0]).toBe('To bob: One, again');
  expect(page.$('.messages a').first().attr('href')).toBe(`/send?draft=${first.key}`);
  expect(list(await charlie.get('/drafts'))).toEqual([]);
});

test('Discard deletes the draft without a trace', async () => {
  const form = await begun({ recipient: 'bob', body: 'Canary' });
  await alice.post('/drafts', form);
  const answer = await alice.submit('/drafts', {}, `/drafts/${form.key}/discard`);
  expect([answer.status, answer.headers.location]).toEqual([303, '/drafts']);
  expect((await alice.get('/drafts')).$('[role=status]').first().text()).toBe('Draft discarded.');
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
});

describe('sending', () => {
  test('removes its draft only', async () => {
    const kept = await begun({ body: 'Kept' });
    const form = await begun({ recipient: 'bob', body: 'Sent' });
    await alice.post('/drafts', kept);
    await alice.post('/drafts', form);
    await charlie.post('/drafts', {
      ...(await tokenOf(charlie)),
      key: form.key!,
      recipient: '',
      body: 'Charlie’s',
    });
    const page = await alice.get(`/send?draft=${form.key}`);
    expect((await alice.post('/send', filledIn(page, '/send'))).status).toBe(303);
    expect((await stored()).map(({ body }) => body)).toEqual(['Kept', 'Charlie’s']);
  });

  test.each([
    ['nobody has that name', { recipient: 'nobody-here' }],
    ['the text is missing', { body: '' }],
    ['the form is forged', { _csrf: 'made up' }],
  ])('keeps the draft if refused: %s', async (_, wrong) => {
    const form = await begun({ recipient: 'bob', body: 'Kept' });
    await alice.post('/drafts', form);
    expect((await alice.post('/send', { ...form, ...wrong })).status).toBeGreaterThanOrEqual(400);
    expect((await stored()).map(({ body }) => body)).toEqual(['Kept']);
  });

  test('fifty times concurrently from a draft leaves one message and no draft', async () => {
    const form = await begun({ recipient: 'bob', body: 'Once' });
    await alice.post('/drafts', form);
    await Promise.all(Array.from({ length: 50 }, () => alice.post('/send', form)));
    expect(await stored()).toEqual([]);
    expect((await app.pool.query(`select from messages where box = 'inbox'`)).rowCount).toBe(1);
  });
});

describe('charlie', () => {
  test('cannot open or discard alice’s draft; saving under its id makes a draft of his own', async () => {
    const form = await begun({ recipient: 'bob', body: 'Alice’s' });
    await alice.post('/drafts', form);
    expect((await charlie.get(`/send?draft=${form.key}`)).status).toBe(404);
    expect((await charlie.post(`/drafts/${form.key}/discard`, await tokenOf(charlie))).status).toBe(404);
    await charlie.post('/drafts', {
      ...(await tokenOf(charlie)),
      key: form.key!,
      recipient: '',
      body: 'Charlie’s',
    });
    await charlie.post(`/send`, {
      ...(await tokenOf(charlie)),
      key: form.key!,
      recipient: 'bob',
      body: 'Charlie’s',
    });
    expect(await stored()).toEqual([{ owner: 'alice', id: form.key, recipient: 'bob', body: 'Alice’s' }]);
  });
});
