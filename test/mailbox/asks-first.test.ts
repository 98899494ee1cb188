// What cannot be undone is asked first by a page, unless the form says that it was confirmed.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { filledIn } from '../support/forms.ts';
import { idOf, snapshotOf } from '../support/mailboxes.ts';
import type { Fields } from '../support/person.ts';

const { app, alice, bob } = await cast();
const { _csrf } = await alice.hidden('/inbox', '/logout');
afterAll(() => app.close());

beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from drafts');
});

const sent = async () => {
  await alice.send('bob', 'Words');
  return idOf(app.pool, alice, 'Words', 'sent');
};
const trashed = async () => {
  const id = await sent();
  await alice.post(`/messages/${id}/delete`, { _csrf: _csrf! });
  return id;
};
const drafted = async () => {
  const form = await alice.hidden('/send');
  await alice.post('/drafts', { ...form, recipient: 'bob', body: 'Words' });
  return form.key!;
};

interface Case {
  path: string;
  prepare: () => Promise<string>;
  fields?: (id: string) => Fields;
  question: string;
  back: string;
}

const cases: Case[] = [
  {
    path: '/messages/ID/unsend',
    prepare: sent,
    fields: () => ({ from: '/with/bob' }),
    question: 'Take this message back?',
    back: '/with/bob',
  },
  {
    path: '/trash/ID/delete',
    prepare: trashed,
    question: 'Delete this message permanently? It cannot be restored.',
    back: '/trash',
  },
  {
    path: '/trash/selected',
    prepare: trashed,
    fields: (ids) => ({ ids, action: 'forever', from: '/trash?before=x' }),
    question: 'Delete this message permanently? It cannot be restored.',
    back: '/trash?before=x',
  },
  {
    path: '/drafts/ID/discard',
    prepare: drafted,
    question: 'Discard this draft? It cannot be restored.',
    back: '/drafts',
  },
];

describe.each(cases)('$path', ({ path, prepare, fields, question, back }) => {
  test('asks, changes nothing, and acts once its page is confirmed', async () => {
    const id = await prepare();
    const address = path.replace('ID', id);
    await alice.get('/inbox'); // takes the flash away
    const before = await snapshotOf(app.pool);
    const asked = await alice.post(address, { _csrf: _csrf!, ...fields?.(id) });
    expect(asked.status).toBe(200);
    expect(asked.$('main').text()).toContain(question);
    expect(asked.$('main').find('a').attr('href')).toBe(back);
    expect(await snapshotOf(app.pool)).toBe(before);

    const done = await alice.post(address, filledIn(asked, address));
    expect(done.status).toBe(303);
    expect(done.headers.location).toBe(back);
    expect(await snapshotOf(app.pool)).not.toBe(before);
  });

  test('knows no form without its token, and asks nobody who is signed out', async () => {
    const address = path.replace('ID', await prepare());
    expect((await alice.post(address, { ...fields?.('') })).status).toBe(403);
  });
});

test('the page repeats a whole selection, and leads nowhere else', async () => {
  for (const body of ['One', 'Two', 'Three']) await bob.send('alice', body);
  const ids = await Promise.all(['One', 'Two', 'Three'].map((body) => idOf(app.pool, alice, body)));
  for (const id of ids) await alice.post(`/messages/${id}/delete`, { _csrf: _csrf! });
  const fields = new URLSearchParams({ _csrf: _csrf!, action: 'forever', from: '//elsewhere.example' });
  for (const id of ids) fields.append('ids', id);
  const { $ } = await alice.post('/trash/selected', fields.toString());
  expect($('main').text()).toContain('Delete 3 messages permanently? They cannot be restored.');
  expect($('main a').attr('href')).toBe('/trash');
  const repeated = $('#confirm input[name=ids]').toArray();
  expect(repeated.map((input) => $(input).attr('value'))).toEqual(ids);
});

test('what can be undone is not asked', async () => {
  const id = await trashed();
  const restored = await alice.post('/trash/selected', { _csrf: _csrf!, ids: id, action: 'restore' });
  expect(restored.status).toBe(303);
  const nothing = await alice.post('/trash/selected', { _csrf: _csrf!, action: 'forever' });
  expect(nothing.status).toBe(303);
});
