// Ids sort in the order of their creation.
import { expect, test } from 'vitest';
import { now } from '../src/clock.ts';
import { newId, timeOf } from '../src/ids.ts';

test('a hundred thousand ids are ordered, current, valid UUIDv7', () => {
  const ids = Array.from({ length: 100_000 }, () => newId());
  const madeAt = Date.now();
  expect(Math.abs(timeOf(ids.at(-1)!) - madeAt)).toBeLessThan(1000);
  expect(ids.every((id, index) => index === 0 || ids[index - 1]! < id)).toBe(true);
  for (const id of ids.slice(0, 1000))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('ids of one past moment are ordered too and carry its time', () => {
  const at = new Date();
  const ids = Array.from({ length: 500 }, () => newId(at));
  expect(ids).toEqual(ids.toSorted());
  for (const id of ids) expect(timeOf(id)).toBe(at.getTime());
});

test('an id of another year does not affect the next ones', () => {
  for (const year of [1999, 2099]) {
    const then = new Date(Date.UTC(year, 5, 1));
    expect(timeOf(newId(then))).toBe(then.getTime());
    expect(Math.abs(timeOf(newId()) - Date.now())).toBeLessThan(1000);
  }
});

test('after an id from the future, the next one still sorts later', () => {
  for (const ahead of [5, 400, 900]) {
    const given = newId(new Date(now().getTime() + ahead));
    const next = newId();
    expect(given < next).toBe(true);
    expect(next < newId(new Date(timeOf(next) + 50))).toBe(true);
  }
});
