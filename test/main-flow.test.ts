// The main flow, from the first visit to the last click.
import { afterAll, describe, expect, test } from 'vitest';
import { startApp } from './support/app.ts';
import { registered } from './support/person.ts';

const app = await startApp();
afterAll(() => app.close());

describe('two people', () => {
  test('register, write to each other, read and delete', async () => {
    const alice = await registered(app.url, 'alice');
    const bob = await registered(app.url, 'bob');

    const sent = await alice.send('bob', 'Hello Bob,\r\nhow are you? 👋');
    expect(sent.status).toBe(303);
    expect(sent.headers.location).toBe('/inbox');
    expect((await alice.get('/inbox')).$('.flash [role=status]').text()).toBe('Sent to bob.');
    expect((await alice.get('/inbox')).$('.flash').length).toBe(0);

    const inbox = await bob.get('/inbox');
    expect(inbox.$('.messages h2 a').text()).toBe('New: alice');
    const message = await bob.get(inbox.$('.messages h2 a').attr('href')!);
    expect(message.$('.text').text()).toBe('Hello Bob,\nhow are you? 👋');

    const action = inbox.$('[formaction$="/delete"]').attr('formaction')!;
    const deleted = await bob.submit('/inbox', {}, action);
    expect(deleted.status).toBe(303);
    expect((await bob.get('/inbox')).$('.messages li').length).toBe(0);
  });
});
