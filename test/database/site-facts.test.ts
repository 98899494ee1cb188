// Facts about the site: the last one written counts, in every process.
import { afterAll, expect, test } from 'vitest';
import { readFact, writeFact } from '../../src/database/site-facts.ts';
import { startApp } from '../support/app.ts';

const app = await startApp();
afterAll(() => app.close());

test.each([['a text'], [{ of: ['several', 'parts'], count: 2 }], [null], [false]])(
  'keeps %j until another value is written',
  async (value) => {
    await writeFact(app.pool, 'of the test', 'something else');
    await writeFact(app.pool, 'of the test', value);
    const fact = await readFact(app.appPool, 'of the test');
    expect(fact).toEqual({ value, changedAt: expect.any(Date) });
  },
);

test('what was never written is undefined', async () => {
  expect(await readFact(app.appPool, 'never written')).toBeUndefined();
});
