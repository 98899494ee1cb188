// Blocking and accepting against sending and taking back: one order wins, and every copy is in one place.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { findUntrueConversations } from '../../support/conversations.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import { at, type Answer } from '../../support/person.ts';

const rounds = 200;
const { app, alice, ...others } = await cast({ FIRST_CONTACT: 'requests' });
const second = await startApp({ FIRST_CONTACT: 'requests' }, app.databaseUrl);
const bob = at(second.url, others.bob);
const [alices, bobs] = await Promise.all([tokenOf(alice), tokenOf(bob)]);
const form = await alice.hidden('/send');
const answerForm = await bob.hidden('/send');
beforeEach(() => app.pool.query('delete from messages; delete from conversations; delete from contacts'));
afterAll(() => Promise.all([second.close(), app.close()]));

/** Now the one, now the other begins a moment earlier; sometimes long enough for a slow machine. */
async function meet(round: number, ...works: (() => Promise<Answer>)[]): Promise<Answer[]> {
  const lead = ((round % 9) - 4) * (round % 4 === 0 ? 15 : 1);
  return Promise.all(
    works.map(async (work, index) => {
      await sleep(Math.max(0, lead * (index === 0 ? 1 : -1)));
      return work();
    }),
  );
}

const send = (body: string) => alice.post('/send', { ...form, recipient: 'bob', body });
const block = () => bob.post('/account/blocked', { ...bobs, username: 'alice' });
const idOfAlice = async () =>
  (await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`)).rows[0]!.id;

test(`${rounds} rounds of blocking against sending: in the inbox before, in Blocked after`, async () => {
  const person = await idOfAlice();
  await bob.post('/send', { ...answerForm, recipient: 'alice', body: 'Known' });
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const body = `Round ${round}`;
    const answers = await meet(round, () => send(body), block);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    const copies = await copiesOf(app.pool, body);
    expect(copies).toHaveLength(2);
    expect(['bob inbox, unread', 'bob blocked, unread']).toContain(copies[1]);
    seen.add(copies[1]!);
    await send(`After ${round}`);
    expect(await copiesOf(app.pool, `After ${round}`)).toEqual(['alice sent', 'bob blocked, unread']);
    await bob.post('/account/blocked/end', { ...bobs, person });
  }
  expect(seen.size).toBe(2); // both orders came
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test(`${rounds} rounds of accepting against taking back: it is gone or in the inbox, never a request`, async () => {
  const ends = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts');
    const body = `Taken back in ${round}`;
    await send(body);
    const [sent, received] = await Promise.all([idOf(app.pool, alice, body), idOf(app.pool, bob, body)]);
    const [accepted, back] = await meet(
      round,
      () => bob.post(`/requests/${received}/accept`, bobs),
      () => alice.post(`/messages/${sent}/unsend`, { ...alices, confirmed: 'yes' }),
    );
    expect([303, 404]).toContain(accepted!.status);
    expect(back!.status).toBe(303);
    expect(await copiesOf(app.pool, body)).toEqual([]);
    ends.set(String(accepted!.status), (ends.get(String(accepted!.status)) ?? 0) + 1);
  }
  expect(ends.size).toBe(2);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test(`${rounds} rounds of accepting against the next message: no request is left behind`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    await send(`First of ${round}`);
    const id = await idOf(app.pool, bob, `First of ${round}`);
    const answers = await meet(
      round,
      () => send(`Next of ${round}`),
      () => bob.post(`/requests/${id}/accept`, bobs),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    for (const body of [`First of ${round}`, `Next of ${round}`])
      expect(await copiesOf(app.pool, body)).toEqual(['alice sent', 'bob inbox, unread']);
    expect(await findUntrueConversations(app.pool)).toEqual([]);
  }
});

test(`${rounds} rounds of deleting a request against the next message: none is held without one that shows`, async () => {
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    await send(`Deleted in ${round}`);
    const id = await idOf(app.pool, bob, `Deleted in ${round}`);
    const answers = await meet(
      round,
      () => send(`Arrives in ${round}`),
      () => bob.post(`/requests/${id}/delete`, bobs),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    const [, copy] = await copiesOf(app.pool, `Arrives in ${round}`);
    expect(['bob requests, unread', 'bob held in the trash, unread']).toContain(copy);
    seen.add(copy!);
  }
  expect(seen.size).toBe(2); // both orders came
});

test(`${rounds} rounds of taking a request back against the next message: the next one shows`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    await send(`Regretted in ${round}`);
    const id = await idOf(app.pool, alice, `Regretted in ${round}`);
    const answers = await meet(
      round,
      () => send(`Kept in ${round}`),
      () => alice.post(`/messages/${id}/unsend`, { ...alices, confirmed: 'yes' }),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await copiesOf(app.pool, `Kept in ${round}`)).toEqual(['alice sent', 'bob requests, unread']);
  }
});

test(`${rounds} rounds of answering against asking: an answered person’s message is no request`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    await app.pool.query('delete from contacts; delete from messages; delete from conversations');
    const answers = await meet(
      round,
      () => send(`Asked in ${round}`),
      () => bob.post('/send', { ...answerForm, recipient: 'alice', body: `Written in ${round}` }),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await copiesOf(app.pool, `Asked in ${round}`)).toEqual(['alice sent', 'bob inbox, unread']);
    expect(await findUntrueConversations(app.pool)).toEqual([]);
  }
});
