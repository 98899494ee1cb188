// Ids sort in the order in which they were made, however quickly.
import { expect, test } from 'vitest';
import { now } from '../src/clock.ts';
import { newId, timeOf } from '../src/ids.ts';

test('a hundred thousand at once are in order, of now, and UUIDs of version 7', () => {
  const ids = Array.from({ length: 100_000 }, () => newId());
  const madeAt = Date.now();
  expect(Math.abs(timeOf(ids.at(-1)!) - madeAt)).toBeLessThan(1000);
  expect(ids.every((id, index) => index === 0 || ids[index - 1]! < id)).toBe(true);
  for (const id of ids.slice(0, 1000))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('those of one moment are in order too, and of that moment', () => {
  const at = new Date();
  const ids = Array.from({ length: 500 }, () => newId(at));
  expect(ids).toEqual(ids.toSorted());
  for (const id of ids) expect(timeOf(id)).toBe(at.getTime());
});

test('one of another year does not change when the next ones are', () => {
  for (const year of [1999, 2099]) {
    const then = new Date(Date.UTC(year, 5, 1));
    expect(timeOf(newId(then))).toBe(then.getTime());
    expect(Math.abs(timeOf(newId()) - Date.now())).toBeLessThan(1000);
  }
});

test('behind one of a moment that is still to come, the next one sorts as well', () => {
  for (const ahead of [5, 400, 900]) {
    const given = newId(new Date(now().getTime() + ahead));
    const next = newId();
    expect(given < next).toBe(true);
    expect(next < newId(new Date(timeOf(next) + 50))).toBe(true);
  }
});
