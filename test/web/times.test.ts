// Times as text, by the calendar of the reader's time zone, and the beginnings of days.
import { describe, expect, test } from 'vitest';
import { dayAfter, readDay, startOfDay } from '../../src/web/days.ts';
import { isTimeZone } from '../../src/web/time-zones.ts';
import { exactTime, timeAgo } from '../../src/web/times.ts';
import { offsetAt } from '../../src/web/offsets.ts';

describe('relative times follow the calendar:', () => {
  test.each<[then: string, now: string, zone: string, words: string]>([
    ['2026-11-10T12:00:00Z', '2026-11-10T12:00:59Z', 'UTC', 'just now'],
    ['2026-11-10T12:00:00Z', '2026-11-10T11:00:00Z', 'UTC', 'just now'], // a clock that goes wrong
    ['2026-11-10T23:30:00Z', '2026-11-11T00:15:00Z', 'UTC', '45 minutes ago'],
    ['2026-11-10T00:10:00Z', '2026-11-10T23:50:00Z', 'UTC', '23 hours ago'],
    ['2026-11-10T22:00:00Z', '2026-11-11T00:30:00Z', 'UTC', 'yesterday'],
    ['2026-11-10T00:10:00Z', '2026-11-11T23:50:00Z', 'UTC', 'yesterday'],
    ['2026-11-10T23:50:00Z', '2026-11-12T00:10:00Z', 'UTC', '2 days ago'],
    ['2026-11-10T22:00:00Z', '2026-11-11T00:30:00Z', 'America/New_York', '2 hours ago'],
    ['2026-11-10T12:30:00Z', '2026-11-10T14:30:00Z', 'Asia/Seoul', '2 hours ago'],
    ['2026-11-10T14:30:00Z', '2026-11-10T16:30:00Z', 'Asia/Seoul', 'yesterday'],
    ['2026-10-24T21:30:00Z', '2026-10-25T22:30:00Z', 'Europe/Berlin', 'yesterday'], // a day of 25 hours
    ['2026-11-04T12:00:00Z', '2026-11-10T12:00:00Z', 'UTC', '6 days ago'],
    ['2026-11-03T23:59:00Z', '2026-11-10T00:00:00Z', 'UTC', '3 Nov 2026'],
    ['2026-11-03T23:59:00Z', '2026-11-20T00:00:00Z', 'Asia/Kolkata', '4 Nov 2026'],
  ])('%s seen at %s in %s is %s', (then, now, zone, words) => {
    expect(timeAgo(new Date(then), Date.parse(now), zone)).toBe(words);
  });
});

test('exact times are in the zone, with its name', () => {
  const then = new Date('2026-07-01T22:34:00Z');
  expect(exactTime(then)).toBe('Wednesday, 1 July 2026 at 22:34 UTC');
  expect(exactTime(then, 'Europe/Berlin')).toBe('Thursday, 2 July 2026 at 00:34 (Europe/Berlin)');
  expect(exactTime(then, 'Asia/Kathmandu')).toBe('Thursday, 2 July 2026 at 04:19 (Asia/Kathmandu)');
});

describe('days begin', () => {
  test.each([
    ['2026-11-01', 'UTC', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01', 'Europe/Berlin', '2026-10-31T23:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'], // no midnight: clocks go from 0 to 1
    ['2026-11-01', 'Pacific/Kiritimati', '2026-10-31T10:00:00.000Z'],
    ['2026-11-01', 'Pacific/Pago_Pago', '2026-11-01T11:00:00.000Z'],
    ['1970-01-01', 'Asia/Tokyo', '1970-01-01T00:00:00.000Z'],
  ])('%s in %s at %s', (day, zone, at) => {
    expect(startOfDay(day, zone).toISOString()).toBe(at);
  });

  test('and the last day has an end', () => {
    expect(readDay('9999-12-31')).toBe(true);
    expect(startOfDay(dayAfter('9999-12-31'), 'UTC').getTime()).toBe(
      Date.parse('9999-12-31T23:59:59.999Z') + 1,
    );
  });
});

test('offsets equal those of Temporal, also around transitions', () => {
  for (const zone of ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC', 'Africa/Casablanca']) {
    for (let at = Date.parse('2024-01-01'); at < Date.parse('2028-01-01'); at += 5_400_000) {
      const said = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
      if (offsetAt(at, zone) !== said) expect({ zone, at }).toBeUndefined();
    }
  }
}); // prettier-ignore

test.each([
  ['Europe/Berlin', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Etc/GMT+5', true],
  ['UTC', true],
  ['Europe/Nowhere', false],
  ['', false],
  ['../etc', false],
  ['<b>', false],
  ['x'.repeat(10_000), false],
])('%s is a time zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});
