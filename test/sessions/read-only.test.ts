// A GET never saves its session, so nothing may be written to it.
import type { Request } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { stranger } from '../support/person.ts';

const { app, alice } = await cast();
/** The sessions of requests that rendered a page. */
const sessions: Request['session'][] = [];
beforeAll(() => {
  const { response } = app.express;
  const render = Reflect.get(response, 'render') as (...page: unknown[]) => void;
  response.render = function (...page: unknown[]) {
    sessions.push(this.req.session);
    render.apply(this, page);
  };
});
afterAll(() => app.close());

test('writing to the session of a GET throws, signed in or not', async () => {
  sessions.length = 0;
  await alice.get('/inbox');
  await alice.get('/account');
  await stranger(app.url).get('/login');
  expect(sessions).toHaveLength(3);
  for (const session of sessions) {
    expect(() => {
      // @ts-expect-error: read-only by type as well
      session.seenAt = 0;
    }).toThrow(TypeError);
  }
  expect(sessions[0]!.seenAt).toBeGreaterThan(0);
});

test('the session of a form can be changed', async () => {
  await alice.send('nobody-here', 'Hello');
  expect(Object.isFrozen(sessions.at(-1))).toBe(false);
});
