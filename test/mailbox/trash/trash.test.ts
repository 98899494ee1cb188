// Deleting: to the trash, with Undo, and then permanently.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anchorOf } from '../../../src/web/anchors.ts';
import { cast } from '../../support/cast.ts';
import { messagesOn } from '../../support/inbox.ts';
import { copiesOf, fillMailbox, idOf, tokenOf } from '../../support/mailboxes.ts';
import type { Answer, Fields } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const line = ({ $ }: Answer) => $('[role=status]').first().text();
const bodies = (page: Answer) => messagesOn(page).map(({ body }) => body);
async function send(...texts: string[]): Promise<string[]> {
  for (const body of texts) await alice.send('bob', body);
  return Promise.all(texts.map((body) => idOf(app.pool, bob, body)));
}
const trash = async (id: string) => bob.submit('/inbox', {}, `/messages/${id}/delete`);
async function select(action: string, ids: string[], person = bob): Promise<Answer> {
  const fields = new URLSearchParams({ ...(await tokenOf(person)), action });
  for (const id of ids) fields.append('ids', id);
  return person.post('/trash/selected', fields.toString());
}

describe('Delete', () => {
  test('says which copy is deleted and which stays, and offers Undo', async () => {
    const [id] = await send('Deleted');
    const answer = await trash(id!);
    expect([answer.status, answer.headers.location]).toEqual([303, '/inbox']);
    const page = await bob.get('/inbox');
    expect(line(page)).toBe('Deleted your copy; alice keeps theirs.');
    expect(page.$('.flash form[action="/trash/undo"] button').text()).toBe('Undo');
    expect(await copiesOf(app.pool, 'Deleted')).toEqual(['alice sent', 'bob inbox in the trash, unread']);
    expect(bodies(await alice.get('/sent'))).toEqual(['Deleted']);
  });

  test('of a note to oneself names nobody else', async () => {
    await alice.send('alice', 'Note');
    await alice.submit('/inbox', {}, `/messages/${await idOf(app.pool, alice, 'Note', 'inbox')}/delete`);
    expect(line(await alice.get('/inbox'))).toBe('Deleted your copy.');
  });

  test('leaves the message accessible in the trash only', async () => {
    const [id] = await send('Only there');
    await trash(id!);
    expect((await bob.get(`/messages/${id}`)).status).toBe(404);
    for (const path of ['/inbox', '/with/alice'])
      expect((await bob.get(path)).text).not.toContain('Only there');
    for (const person of [alice, charlie]) expect(bodies(await person.get('/trash'))).toEqual([]);
    const list = await bob.get('/trash');
    expect(list.$('.messages h2 a').attr('href')).toBe(`/trash/${id}`);
    const page = await bob.get(`/trash/${id}`);
    expect(page.$('.text').text()).toBe('Only there');
    expect(page.$('.actions button').text()).toBe('RestoreDelete permanently');
    for (const action of ['delete', 'unread'])
      expect((await bob.post(`/messages/${id}/${action}`, await tokenOf(bob))).status).toBe(404);
  });
});

describe('Undo', () => {
  const undo = async (person = bob): Promise<Answer> => {
    const page = await person.get('/inbox');
    const fields: Fields = {};
    page.$('form[action="/trash/undo"] input').each((_, input) => {
      fields[page.$(input).attr('name')!] = page.$(input).attr('value')!;
    });
    return person.post('/trash/undo', fields);
  };

  test.each([
    ['unread', async () => undefined, 'bob inbox, unread'],
    ['read', async (id: string) => bob.get(`/messages/${id}`), 'bob inbox'],
    [
      'read and marked as unread again',
      async (id: string) => {
        await bob.get(`/messages/${id}`);
        return bob.post(`/messages/${id}/unread`, await tokenOf(bob));
      },
      'bob inbox, unread again',
    ],
  ])('restores a message as it was: %s', async (_, prepare, copy) => {
    const [, id] = await send('Before', 'Brought back', 'After');
    await prepare(id!);
    const before = bodies(await bob.get('/inbox'));
    const countBefore = (await bob.get('/inbox')).$('title').text();
    await trash(id!);
    const answer = await undo();
    expect([answer.status, answer.headers.location]).toEqual([303, `/inbox#${anchorOf(id!)}`]);
    const page = await bob.get('/inbox');
    expect(line(page)).toBe('1 message restored.');
    expect(bodies(page)).toEqual(before);
    expect(page.$('title').text()).toBe(countBefore);
    expect(await copiesOf(app.pool, 'Brought back')).toEqual(['alice sent', copy]);
  });

  test('restores what that press of the button deleted, and nothing from before', async () => {
    const ids = await send('Long ago', 'Just now');
    await trash(ids[0]!);
    await bob.get('/inbox');
    await trash(ids[1]!);
    await undo();
    expect(bodies(await bob.get('/inbox'))).toEqual(['Just now']);
    expect(bodies(await bob.get('/trash'))).toEqual(['Long ago']);
  });

  test('does not restore other users’ messages', async () => {
    const [id] = await send('Bob’s');
    await trash(id!);
    const page = await bob.get('/inbox');
    const at = page.$('form[action="/trash/undo"] input[name=at]').attr('value')!;
    await charlie.post('/trash/undo', { ...(await tokenOf(charlie)), at });
    expect(bodies(await bob.get('/trash'))).toEqual(['Bob’s']);
  });
});

describe('in the trash', () => {
  test('each row can be restored and deleted permanently', async () => {
    const [one, two] = await send('One', 'Two');
    await trash(one!);
    await trash(two!);
    const restored = await bob.submit('/trash', {}, `/trash/${one}/restore`);
    expect([restored.status, restored.headers.location]).toEqual([303, `/trash#${anchorOf(two!)}`]);
    expect(line(await bob.get('/trash'))).toBe('Restored.');
    await bob.submit('/trash', {}, `/trash/${two}/delete`);
    expect(line(await bob.get('/trash'))).toBe('Deleted permanently.');
    expect(await copiesOf(app.pool, 'One')).toEqual(['alice sent', 'bob inbox, unread']);
    expect(await copiesOf(app.pool, 'Two')).toEqual(['alice sent']);
  });

  test('messages elsewhere can neither be deleted permanently nor restored', async () => {
    const [id] = await send('In the inbox');
    for (const action of ['delete', 'restore'])
      expect((await bob.post(`/trash/${id}/${action}`, await tokenOf(bob))).status).toBe(404);
    await select('forever', [id!]);
    expect(await copiesOf(app.pool, 'In the inbox')).toEqual(['alice sent', 'bob inbox, unread']);
  });

  test('several are restored or deleted together; ids of others or from elsewhere are ignored', async () => {
    const ids = await send('One', 'Two', 'Three', 'Elsewhere');
    for (const id of ids.slice(0, 3)) await trash(id);
    const alices = await idOf(app.pool, alice, 'One');
    await alice.submit('/sent', {}, `/messages/${alices}/delete`);
    await select('restore', [ids[0]!, alices, 'x']);
    expect(line(await bob.get('/trash'))).toBe('1 message restored.');
    await select('forever', [ids[1]!, ids[2]!, ids[3]!, alices, '0195d9a0-7c4c-7000-8000-000000000000']);
    expect(line(await bob.get('/trash'))).toBe('2 messages deleted permanently.');
    await select('forever', ids, charlie);
    expect(await copiesOf(app.pool, 'One')).toEqual(['alice sent in the trash', 'bob inbox, unread']);
    expect(await copiesOf(app.pool, 'Elsewhere')).toEqual(['alice sent', 'bob inbox, unread']);
    expect(bodies(await bob.get('/inbox'))).toEqual(['Elsewhere', 'One']);
  });

  test('Empty the trash asks first, and then deletes everything in it and nothing else', async () => {
    const ids = await send('Gone', 'Kept');
    await trash(ids[0]!);
    await alice.submit('/sent', {}, `/messages/${await idOf(app.pool, alice, 'Kept')}/delete`);
    const question = await bob.get('/trash/empty');
    expect(question.$('form[action="/trash/empty"] button').text()).toBe('Empty the trash');
    expect(bodies(await bob.get('/trash'))).toEqual(['Gone']);
    expect((await bob.submit('/trash/empty')).headers.location).toBe('/trash');
    const page = await bob.get('/trash');
    expect(line(page)).toBe('1 message deleted permanently.');
    expect(page.text).toContain('The trash is empty.');
    expect(await copiesOf(app.pool, 'Gone')).toEqual(['alice sent']);
    expect(await copiesOf(app.pool, 'Kept')).toEqual(['alice sent in the trash', 'bob inbox, unread']);
  });

  test('sixty messages are on three pages', async () => {
    await fillMailbox(app.pool, bob, alice, 60);
    await app.pool.query('update messages set trashed_at = now()');
    const seen: string[] = [];
    for (let next: string | undefined = '/trash'; next;) {
      const page: Answer = await bob.get(next);
      seen.push(...bodies(page));
      next = page.$('a[rel=next]').attr('href');
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `Number ${60 - i}`));
  });
});
