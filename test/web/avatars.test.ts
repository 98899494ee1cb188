// Avatars: whose initials they show, and that these can be read on each of their colours.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { avatarOf } from '../../src/web/avatars.ts';

test.each([
  ['anna', null, 'A'],
  ['anna_berg', null, 'AB'],
  ['bartholomew_fitzgerald_longden', null, 'BL'],
  ['a.', null, 'A'],
  ['deleted account', null, 'DA'],
  ['anna', 'Anna Berg', 'AB'],
  ['anna', 'anna maria berg', 'AB'],
  ['anna', 'Anna', 'A'],
  ['anna', '“Anna” (Berg)', 'AB'],
  ['anna', 'Anna O’Neill 🌸', 'AO'],
  ['anna', 'Żaneta Ørsted', 'ŻØ'],
  ['anna', 'ßandra', 'ß'],
  ['anna', '山田太郎', '山'],
  ['anna', 'ليلى أحمد', 'لأ'],
  ['anna', 'नीलिमा शर्मा', 'नीश'],
  ['anna', 'Владимир Ильич', 'ВИ'],
  ['anna', '𝒜nna 𝓑erg', '𝒜𝓑'],
  ['anna', '7', '7'],
])('%s, %s: %s', (username, displayName, initials) => {
  expect(avatarOf(username, displayName).initials).toBe(initials);
});

test('the color is the username’s, whatever the display name', () => {
  const shades = Array.from({ length: 400 }, (_, n) => avatarOf(`person-${n}`, null).shade);
  expect(new Set(shades)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  for (const shade of new Set(shades))
    expect(shades.filter((each) => each === shade).length).toBeGreaterThan(25);
  expect(avatarOf('person-1', 'Anna Berg').shade).toBe(shades[1]);
});

type Hsl = [hue: number, saturation: number, lightness: number];

function luminance([hue, saturation, lightness]: Hsl): number {
  const [s, l] = [saturation / 100, lightness / 100];
  const [r, g, b] = [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    const value = l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

test('the initials have a contrast of 4.5 or more on every colour, in both themes', () => {
  const css = readFileSync('public/app.css', 'utf8');
  const hues = [...css.matchAll(/(?:\.avatar|\.shade-\d) \{\s*--hue: (\d+);/g)].map(([, hue]) => Number(hue));
  const both = String.raw`: light-dark\(hsl\(var\(--hue\) (\d+)% (\d+)%\), hsl\(var\(--hue\) (\d+)% (\d+)%\)\);`;
  const [ground, text] = ['background', 'fill'].map((property) => {
    const [, s1, l1, s2, l2] = new RegExp(property + both).exec(css)!.map(Number);
    return [
      [s1!, l1!],
      [s2!, l2!],
    ] as const;
  });
  const rules = [0, 1].map((theme) => [ground![theme]!, text![theme]!] as const);
  expect([new Set(hues).size, rules.length]).toEqual([8, 2]);
  for (const hue of hues)
    for (const theme of rules) {
      const [one, other] = theme.map(([s, l]) => luminance([hue, s, l]) + 0.05);
      expect(Math.max(one! / other!, other! / one!), `hue ${hue}`).toBeGreaterThan(4.5);
    }
});
