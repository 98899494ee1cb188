// The concurrency limiter: slots, queue, refusals.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLimiter, createKeyedLimiter } from '../../src/concurrency/limiter.ts';

const refusal = () => new Error('refused');

test('so many run, so many wait, the next is refused, and every slot is released', async () => {
  const limit = createLimiter(2, { mayWait: 3, refusal });
  let [running, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, (running += 1));
    await sleep(5);
    running -= 1;
    throw new Error('failed');
  };
  const done = await Promise.allSettled(Array.from({ length: 6 }, () => limit(work)));
  const reasons = done.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : 'done'));
  expect(reasons).toEqual([...Array.from({ length: 5 }, () => 'failed'), 'refused']);
  expect(most).toBe(2);
  expect(await limit(async () => 'done')).toBe('done');
});

test('a waiter whose time is up is refused too, and the queue continues', async () => {
  const limit = createLimiter(1, { patience: 100, refusal });
  const slow = limit(() => sleep(200, 'slow'));
  const waiting = [limit(async () => 'too late'), limit(async () => 'too late')];
  expect(await Promise.allSettled(waiting)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(await slow).toBe('slow');
  expect(await limit(async () => 'in time')).toBe('in time');
});

test('each key has a queue of its own', async () => {
  const limit = createKeyedLimiter(1);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const begin = (key: string, name: string) =>
    limit(key, async () => {
      order.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = [begin('a', 'a1'), begin('a', 'a2'), begin('b', 'b1')];
  await sleep(0);
  expect(order).toEqual(['a1', 'b1']);
  ends[0]!();
  await sleep(0);
  expect(order).toEqual(['a1', 'b1', 'a2']);
  for (const end of ends) end();
  await Promise.all(all);
});

describe('a slot rests after work', () => {
  const workMs = 50;
  async function measure(maxRest: number): Promise<{ ownMs: number; restMs: number }> {
    const limit = createLimiter(1, { rest: (ms) => Math.min(3 * ms, maxRest) });
    const startedAt = performance.now();
    let endedAt = 0;
    let nextAt = 0;
    const first = limit(async () => {
      await sleep(workMs);
      endedAt = performance.now();
    });
    const second = limit(async () => void (nextAt = performance.now()));
    await first;
    const ownMs = performance.now() - startedAt;
    await second;
    return { ownMs, restMs: nextAt - endedAt };
  }

  test('for a multiple of the work’s time, without delaying its caller', async () => {
    const { ownMs, restMs } = await measure(Infinity);
    expect(restMs).toBeGreaterThanOrEqual(3 * workMs - 2);
    expect(ownMs).toBeLessThan(4 * workMs);
  });

  test('but no longer than the limit', async () => {
    expect((await measure(1)).restMs).toBeLessThan(3 * workMs);
  });

  test('per key, even when nothing waits meanwhile', async () => {
    const limit = createKeyedLimiter(1, { rest: (ms) => 3 * ms });
    const endedAt = await limit('a', async () => {
      await sleep(workMs);
      return performance.now();
    });
    const other = await limit('b', async () => performance.now());
    const next = await limit('a', async () => performance.now());
    expect(other - endedAt).toBeLessThan(3 * workMs);
    expect(next - endedAt).toBeGreaterThanOrEqual(3 * workMs - 2);
  });
});
