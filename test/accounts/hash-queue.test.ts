// Many concurrent logins: some get 503, and signed-in users are not affected.
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { registered, stranger } from '../support/person.ts';
import { statementsOf } from '../support/statements.ts';

test('when the hash queue is full, logins get 503 with Retry-After and inboxes stay fast', async () => {
  const app = await startApp({ PASSWORD_MEMORY_KIB: '65536' });
  const alice = await registered(app.url, 'alice');
  const crowd = stranger(app.url);
  const token = await crowd.hidden('/login');

  const crowdAt = performance.now();
  let crowdTook = 0;
  const logins = Promise.all(
    Array.from({ length: 70 }, () =>
      crowd.post('/login', { ...token, username: 'alice', password: 'wrong password' }),
    ),
  ).finally(() => (crowdTook = performance.now() - crowdAt));
  const waits: number[] = [];
  for (let visit = 0; visit < 9; visit += 1) {
    const startedAt = performance.now();
    expect((await alice.get('/inbox')).status).toBe(200);
    waits.push(performance.now() - startedAt);
  }

  const answers = await logins;
  const refused = answers.filter((answer) => answer.status === 503);
  expect(refused.length).toBeGreaterThan(10);
  expect(answers.filter((answer) => answer.status === 422).length + refused.length).toBe(70);
  for (const answer of refused) {
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.$('input[name=username]').attr('value')).toBe('alice');
    expect(answer.text).not.toContain('wrong password');
  }
  // A request behind the crowd in the queue would take as long as the crowd.
  waits.sort((a, b) => a - b);
  expect(waits[4]).toBeLessThan(crowdTook / 4);

  const again = await crowd.post('/login', { ...token, username: 'alice', password: alice.password });
  expect(again.status).toBe(303);
  await app.close();
});

test('a refused login makes no query, whether or not the name exists', async () => {
  const app = await startApp({ PASSWORD_MEMORY_KIB: '65536' });
  const crowd = stranger(app.url);
  const token = await crowd.hidden('/login');
  const logins = () =>
    Promise.all(
      Array.from({ length: 150 }, (_, n) =>
        crowd.post('/login', { ...token, username: `nobody-${n}`, password: 'wrong password' }),
      ),
    );
  let refused = 0;
  const asked = await statementsOf(app.appPool, async () => {
    refused = (await logins()).filter(({ status }) => status === 503).length;
  });
  expect(refused).toBeGreaterThan(75);
  const lookedFor = asked.filter((text) => text.includes('from users'));
  expect(lookedFor).toHaveLength(150 - refused);
  await app.close();
});

test('no more logins query the database at a time than there are cores', async () => {
  const app = await startApp();
  const crowd = stranger(app.url);
  const token = await crowd.hidden('/login');
  let [asking, most] = [0, 0];
  const query = app.appPool.query.bind(app.appPool) as (...asked: unknown[]) => Promise<unknown>;
  const counting = async (...asked: unknown[]) => {
    if (/ site_facts /.test(JSON.stringify(asked))) return query(...asked); // not of a login
    asking += 1;
    most = Math.max(most, asking);
    return query(...asked).finally(() => (asking -= 1));
  };
  Object.assign(app.appPool, { query: counting });
  const logins = Array.from({ length: 30 }, (_, n) =>
    crowd.post('/login', { ...token, username: `nobody-${n}`, password: 'wrong password' }),
  );
  // 503: a slow machine makes the last ones wait for longer than the queue's patience.
  for (const { status } of await Promise.all(logins)) expect([422, 503]).toContain(status);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(Math.max(2, availableParallelism()));
  await app.close();
});
