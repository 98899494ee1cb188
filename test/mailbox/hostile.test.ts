// Hostile input to the addresses and forms of a mailbox: a 4xx page, nothing changed, the process alive.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { hostile, hostileToRequired } from '../support/hostile-values.ts';
import { idOf, snapshotOf, tokenOf } from '../support/mailboxes.ts';
import type { Answer } from '../support/person.ts';

const { app, alice } = await cast();
let token: string;
let before: string;
beforeAll(async () => {
  await alice.send('bob', 'Words');
  await alice.send('alice', 'Deleted words');
  await alice.send('alice', 'Note');
  await alice.post('/drafts', { ...(await tokenOf(alice)), recipient: 'bob', body: 'Draft' });
  const id = await idOf(app.pool, alice, 'Deleted words', 'inbox');
  await alice.submit('/inbox', {}, `/messages/${id}/delete`);
  token = new URLSearchParams(await tokenOf(alice)).toString();
});
afterAll(() => app.close());

beforeEach(async () => (before = await snapshotOf(app.pool)));
afterEach(async () => {
  expect(await snapshotOf(app.pool)).toBe(before);
  expect((await alice.get('/inbox')).status).toBe(200);
});

const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
const post = (path: string, body: string): Promise<Answer> =>
  alice.ask('post', path, type, Buffer.from(`${token}&${body}`, 'latin1'));

const toRequired: typeof hostileToRequired = {
  ...hostileToRequired,
  'as a number beyond all numbers': (name) => `${name}=${'9'.repeat(400)}`,
  'as a date that is none': (name) => `${name}=2026-02-31`,
  'as a time without end': (name) => `${name}=+275760-09-13T00:00:00.001Z`,
};

const forms: [form: string, field: string][] = [
  ['/messages/selected', 'action'],
  ['/messages/read', 'upTo'],
  ['/trash/selected', 'action'],
  ['/trash/undo', 'at'],
  ['/inbox/older', 'than'],
  ['/sent/older', 'than'],
];
describe.each(forms)('the form of %s, its %s', (path, field) => {
  test.each(Object.entries(toRequired))('%s', async (_, write) => {
    const answer = await post(path, write(field));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.$('h1').text()).not.toBe('');
  });
});

test.each(Object.entries(hostile))('a selection %s selects nothing', async (_, write) => {
  for (const path of ['/messages/selected', '/trash/selected']) {
    for (const action of ['delete', 'read', 'unread', 'restore', 'forever']) {
      const answer = await post(path, `action=${action}&${write('ids')}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
  }
});

test.each(['%00', '__proto__', '9'.repeat(400), 'x'.repeat(200_000), '{a,b}', 'null', '%F0%9F%A6%89'])(
  'an invalid id in a selection is ignored: %.20s',
  async (id) => {
    expect((await post('/messages/selected', `action=delete&ids=${id}&ids=x`)).status).toBe(303);
    expect((await post('/trash/selected', `action=forever&ids=${id}`)).status).toBe(303);
  },
);

test('two thousand ids are too many fields', async () => {
  const ids = '&ids=0195d9a0-7c4c-7000-8000-000000000000'.repeat(2000);
  expect((await post('/messages/selected', `action=delete${ids}`)).status).toBe(413);
});

const addresses: [path: string, name: string][] = [
  ['/inbox', 'after'],
  ['/sent', 'before'],
  ['/sent', 'after'],
  ['/trash', 'before'],
  ['/trash', 'after'],
  ['/with/bob', 'before'],
  ['/inbox/older', 'than'],
  ['/sent/older', 'than'],
];
const asQuery = Object.entries(hostileToRequired).filter(([how]) => !/missing|200,000/.test(how));
describe.each(addresses)('the address %s, its %s', (path, name) => {
  test.each(asQuery)('%s', async (_, write) => {
    const answer = await alice.get(`${path}?${write(name)}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.$('h1').text()).not.toBe('');
  });
});

test.each(['0000-01-01', '1969-12-31', '2026-13-01', '2026-2-3', '20260101', 'tomorrow', '2026-01-01T00:00'])(
  'an invalid or impossible day is refused beside its field: %s',
  async (than) => {
    for (const box of ['inbox', 'sent']) {
      for (const answer of [
        await alice.get(`/${box}/older?than=${than}`),
        await post(`/${box}/older`, `than=${than}`),
      ]) {
        expect(answer.status).toBe(422);
        expect(answer.$('#than-error').text()).not.toBe('');
        expect(answer.$('#than').attr('value')).toBe(than);
      }
    }
  },
);

describe('the conversation with', () => {
  test.each([
    'x',
    'a b',
    '..',
    '__proto__',
    'constructor',
    '%3Cb%3E',
    'x'.repeat(4000),
    '%F0%9F%A6%89',
    "bob'--",
    'bob%2F',
  ])('%.20s, an unknown name, answers 404', async (name) => {
    expect((await alice.get(`/with/${name}`)).status).toBe(404);
  });

  test.each(['%00', '%FF', '%ED%A0%80', '%', 'bob%00'])('%s is refused', async (name) => {
    expect((await alice.get(`/with/${name}`)).status).toBe(400);
  });
});

test.each([
  '+275760-09-13T00:00:00.000Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.123456789Z',
])('Undo of a time without deletions does nothing: %s', async (at) => {
  expect((await post('/trash/undo', `at=${encodeURIComponent(at)}`)).status).toBeLessThan(500);
});
