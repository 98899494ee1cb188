// Marking messages as read and unread: one, some, or all seen; and deleting several.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anchorOf } from '../../src/web/anchors.ts';
import { cast } from '../support/cast.ts';
import { copiesOf, idOf, tokenOf } from '../support/mailboxes.ts';
import type { Answer, Fields, Person } from '../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const send = async (...bodies: string[]) => {
  for (const body of bodies) expect((await alice.send('bob', body)).status).toBe(303);
};
const unread = ({ $ }: Answer) =>
  $('li.unread .excerpt')
    .toArray()
    .map((row) => $(row).text());
const read = async (body: string) => bob.get(`/messages/${await idOf(app.pool, bob, body)}`);

/** What a form with check boxes sends. */
async function select(person: Person, action: string, ids: string[], more: Fields = {}): Promise<Answer> {
  const fields = new URLSearchParams({ ...(await tokenOf(person)), action, from: '/inbox', ...more });
  for (const id of ids) fields.append('ids', id);
  return person.post('/messages/selected', fields.toString());
}

describe('Mark unread', () => {
  test('restores the mark, says so, and returns to the inbox', async () => {
    await send('Later');
    const page = await read('Later');
    const id = await idOf(app.pool, bob, 'Later');
    const answer = await bob.submit(
      `/messages/${id}`,
      {},
      page.$('[formaction$="/unread"]').attr('formaction'),
    );
    expect([answer.status, answer.headers.location]).toEqual([303, `/inbox#${anchorOf(id)}`]);
    const inbox = await bob.get('/inbox');
    expect(inbox.$('[role=status]').first().text()).toBe('Marked as unread.');
    expect(unread(inbox)).toEqual(['Later']);
    expect(inbox.$('title').text()).toMatch(/^\(1\) /);
  });

  test('changes nothing for an unread message: its sender can still take it back', async () => {
    await send('Unopened');
    const id = await idOf(app.pool, bob, 'Unopened');
    expect((await bob.post(`/messages/${id}/unread`, await tokenOf(bob))).status).toBe(303);
    expect(await copiesOf(app.pool, 'Unopened')).toEqual(['alice sent', 'bob inbox, unread']);
  });

  test('does not mark one’s own sent message', async () => {
    await send('Sent');
    const id = await idOf(app.pool, alice, 'Sent');
    await alice.post(`/messages/${id}/unread`, await tokenOf(alice));
    expect((await copiesOf(app.pool, 'Sent'))[0]).toBe('alice sent');
  });
});

describe('Mark all read', () => {
  test('marks messages up to the newest on the page; later arrivals stay unread', async () => {
    await send('One', 'Two');
    const form = await bob.hidden('/inbox', '/messages/read');
    await send('In between');
    expect((await bob.post('/messages/read', form)).status).toBe(303);
    expect(unread(await bob.get('/inbox'))).toEqual(['In between']);
  });

  test('keeps the marks of messages in the trash', async () => {
    await send('In the trash', 'One');
    const id = await idOf(app.pool, bob, 'In the trash');
    await bob.submit('/inbox', {}, `/messages/${id}/delete`);
    await bob.submit('/inbox', {}, '/messages/read');
    expect(await copiesOf(app.pool, 'In the trash')).toContain('bob inbox in the trash, unread');
    expect(unread(await bob.get('/inbox'))).toEqual([]);
  });

  test('does not affect other users', async () => {
    await send('Bob’s');
    await charlie.post('/messages/read', {
      ...(await tokenOf(charlie)),
      upTo: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    });
    expect(unread(await bob.get('/inbox'))).toEqual(['Bob’s']);
  });

  test('is not offered when nothing is unread', async () => {
    await send('Read');
    await read('Read');
    expect((await bob.get('/inbox')).$('form[action="/messages/read"]')).toHaveLength(0);
  });

  test.each(['', 'x', '%00', '1'])('marks nothing without a valid end (%j)', async (upTo) => {
    await send('Still new');
    const answer = await bob.post('/messages/read', { ...(await tokenOf(bob)), upTo });
    expect(answer.status).toBe(422);
    expect(unread(await bob.get('/inbox'))).toEqual(['Still new']);
  });
});

describe('with check boxes', () => {
  let ids: string[];
  beforeEach(async () => {
    await send('One', 'Two', 'Three');
    ids = await Promise.all(['One', 'Two'].map((body) => idOf(app.pool, bob, body)));
  });

  test('each row has one, which belongs to the form with the buttons', async () => {
    const { $ } = await bob.get('/inbox');
    expect($('.messages input[type=checkbox][name=ids][form=selected]')).toHaveLength(3);
    const buttons = $('button[form=selected][name=action], #selected button').toArray();
    expect(buttons.map((button) => $(button).attr('value') ?? 'Enter in a checkbox')).toEqual([
      'Enter in a checkbox',
      'delete',
      'read',
      'unread',
    ]);
    expect($(buttons[0]).is('[hidden][formmethod=dialog]')).toBe(true);
  });

  test('some messages are marked as read and as unread', async () => {
    expect((await select(bob, 'read', ids)).status).toBe(303);
    const inbox = await bob.get('/inbox');
    expect(inbox.$('[role=status]').first().text()).toBe('2 messages marked as read.');
    expect(unread(inbox)).toEqual(['Three']);
    await select(bob, 'unread', ids.slice(0, 1));
    expect(unread(await bob.get('/inbox'))).toEqual(['Three', 'One']);
  });

  test('some are deleted, and one Undo restores them with their marks', async () => {
    await read('One');
    await select(bob, 'delete', ids);
    const inbox = await bob.get('/inbox');
    expect(inbox.$('[role=status]').first().text()).toBe(
      'Deleted your copies of 2 messages; alice keeps theirs.',
    );
    expect(inbox.$('.excerpt').text()).toBe('Three');
    const at = inbox.$('form[action="/trash/undo"] input[name=at]').attr('value')!;
    await bob.post('/trash/undo', { ...(await tokenOf(bob)), at });
    const back = await bob.get('/inbox');
    expect(back.$('.excerpt').text()).toBe('ThreeTwoOne');
    expect(unread(back)).toEqual(['Three', 'Two']);
  });

  test('other users’ ids and invalid ids are ignored, and the rest is done', async () => {
    const alices = await Promise.all(['One', 'Two', 'Three'].map((body) => idOf(app.pool, alice, body)));
    const strange = ['', 'x', '0', '../..', '0195d9a0-7c4c-7000-8000-000000000000', 'x'.repeat(5000)];
    for (const action of ['read', 'unread', 'delete']) {
      const answer = await select(bob, action, [...strange, ...alices, ids[0]!]);
      expect(answer.status).toBe(303);
    }
    expect(await copiesOf(app.pool, 'One')).toEqual(['alice sent', 'bob inbox in the trash, unread again']);
    expect(await copiesOf(app.pool, 'Two')).toEqual(['alice sent', 'bob inbox, unread']);
  });

  test('charlie cannot change bob’s messages with bob’s ids', async () => {
    for (const action of ['read', 'unread', 'delete']) await select(charlie, action, ids);
    for (const body of ['One', 'Two'])
      expect(await copiesOf(app.pool, body)).toEqual(['alice sent', 'bob inbox, unread']);
  });

  test('submitting without a tick says so', async () => {
    await select(bob, 'delete', []);
    const inbox = await bob.get('/inbox');
    expect(inbox.$('[role=status]').first().text()).toBe('No message was selected.');
    expect(inbox.$('form[action="/trash/undo"]')).toHaveLength(0);
  });

  test.each(['', 'burn', '__proto__'])('an unknown action (%j) is refused', async (action) => {
    expect((await select(bob, action, ids)).status).toBe(422);
  });
});
