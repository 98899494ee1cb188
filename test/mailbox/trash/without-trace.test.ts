// Permanent deletion: after both sides, the text is in no table, log or cache.
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { columnsWith, idOf, tokenOf } from '../../support/mailboxes.ts';
import type { Answer, Fields } from '../../support/person.ts';

const canary = 'Canary-zebra with "quotes" and 🦉';
let log = '';
const lines = new Writable({
  write(chunk, _encoding, done) {
    log += String(chunk);
    done();
  },
});
const { app, alice, bob } = await cast({}, { log: pino({ level: 'trace' }, lines) });
afterAll(() => app.close());

const answers: Answer[] = [];
const note = async (answer: Promise<Answer>) => {
  answers.push(await answer);
  return answers.at(-1)!;
};

/** Writes, saves, fails, sends, reads, searches: all that may leave something behind. */
async function liveWithIt(): Promise<void> {
  const form: Fields = { ...(await alice.hidden('/send')), recipient: 'nobody-here', body: canary };
  await note(alice.post('/drafts', form));
  await note(alice.get(`/send?draft=${form.key}`));
  expect((await note(alice.post('/send', form))).status).toBe(422);
  expect((await note(alice.post('/send', { ...form, _csrf: 'old' }))).status).toBe(403);
  expect((await note(alice.post('/send', { ...form, recipient: 'bob' }))).status).toBe(303);
  for (const path of [
    '/inbox',
    '/with/alice',
    `/messages/${await idOf(app.pool, bob, canary)}`,
    '/search?q=Canary-zebra',
  ])
    expect((await note(bob.get(path))).text).toContain('Canary-zebra');
  expect((await note(alice.get('/sent'))).text).toContain('Canary-zebra');
}

const copies = () => Promise.all([idOf(app.pool, alice, canary), idOf(app.pool, bob, canary)]);

test('once one side has deleted it permanently, the other still has it; after both, nothing is left', async () => {
  await liveWithIt();
  expect(await columnsWith(app.pool, canary)).toEqual(['messages.body']); // the draft went with the sending
  const [alices, bobs] = await copies();
  await alice.submit('/sent', {}, `/messages/${alices}/delete`);
  await bob.submit('/inbox', {}, `/messages/${bobs}/delete`);
  expect((await note(bob.get(`/trash/${bobs}`))).text).toContain('Canary-zebra');

  await alice.post(`/trash/${alices}/delete`, await tokenOf(alice));
  expect((await note(bob.get(`/trash/${bobs}`))).text).toContain('Canary-zebra');
  await bob.submit('/trash/empty');
  expect(await columnsWith(app.pool, canary)).toEqual([]);
  expect(await columnsWith(app.pool, 'Canary-zebra')).toEqual([]);
  for (const [person, id] of [
    [alice, alices],
    [bob, bobs],
  ] as const) {
    expect((await person.get(`/messages/${id}`)).status).toBe(404);
    expect((await person.get(`/trash/${id}`)).status).toBe(404);
    for (const path of [
      '/inbox',
      '/sent',
      '/trash',
      '/drafts',
      '/with/alice',
      '/with/bob',
      '/search?q=zebra',
    ])
      expect((await person.get(path)).text).not.toContain('with "quotes"');
  }
});

test('it never was in the log, a cookie, an address or a cache', () => {
  expect(log).toContain('/send');
  expect(log).not.toContain('zebra');
  expect(answers.length).toBeGreaterThan(8);
  for (const { headers } of answers) {
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.etag).toBeUndefined();
    expect(decodeURIComponent(JSON.stringify(headers))).not.toContain('zebra');
  }
});

test('the check for traces finds them in any column', async () => {
  await app.pool.query(`update sessions set sess = sess || jsonb_build_object('left', 'trace-in-json')`);
  await app.pool.query(
    `insert into sent_forms (owner_id, digest) select id, 'trace-in-bytes'::bytea from users where username = 'alice'`,
  );
  await app.pool.query(
    `insert into drafts (owner_id, id, recipient, body, saved_at)
     select id, gen_random_uuid(), 'trace-in-draft', '', now() from users where username = 'alice'`,
  );
  expect(await columnsWith(app.pool, 'trace-in-json')).toEqual(['sessions.sess']);
  expect(await columnsWith(app.pool, 'trace-in-bytes')).toEqual(['sent_forms.digest']);
  expect(await columnsWith(app.pool, 'trace-in-draft')).toEqual(['drafts.recipient']);
});
