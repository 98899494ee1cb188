// Background work pauses while users make requests.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { inSteps } from '../../src/transfers/imports/steps.ts';
import { requestsPerSecond } from '../../src/web/traffic.ts';
import { cast } from '../support/cast.ts';

const { app, alice } = await cast();
afterAll(() => app.close());

const workMs = 100;
async function restAfterStep(): Promise<number> {
  const endedAt = await inSteps(async () => {
    await sleep(workMs);
    return performance.now();
  });
  return (await inSteps(async () => performance.now())) - endedAt;
}

test('import steps run without pause on an idle server, and pause under traffic', async () => {
  await expect.poll(requestsPerSecond).toBe(0);
  expect(await restAfterStep()).toBeLessThan(workMs);

  for (let page = 0; page < 20; page += 1) await alice.get('/inbox');
  expect(requestsPerSecond()).toBeGreaterThanOrEqual(10);
  expect(await restAfterStep()).toBeGreaterThanOrEqual(6 * workMs - 2);

  await expect.poll(requestsPerSecond).toBe(0);
});

test('the owner’s progress requests do not slow the import down', async () => {
  await expect.poll(requestsPerSecond).toBe(0);
  for (let page = 0; page < 5; page += 1) await alice.get('/account/import');
  expect(requestsPerSecond()).toBe(0);
});
