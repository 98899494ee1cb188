// The four colours that mean something: readable, and not to be confused, also by people who see fewer colours.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

type Three = [number, number, number];

const css = readFileSync('public/app.css', 'utf8');
const themes = [...css.matchAll(/:root \{([^}]*--paper[^}]*)\}/g)].map(([, rules]) => rules!).slice(0, 2);

function colorsOf(theme: string): Record<string, string> {
  return Object.fromEntries(
    [...theme.matchAll(/--([a-z-]+): (#[\da-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  );
}

/** Linear light of sRGB (IEC 61966-2-1). */
function linear(hex: string): Three {
  return [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Three;
}

/** WCAG 2.2, relative luminance and contrast. */
const luminance = ([r, g, b]: Three) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(one: string, other: string): number {
  const [light, dark] = [one, other].map((hex) => luminance(linear(hex))).toSorted((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, "A physiologically-based model…", severity 1.0. */
const sights: Record<string, Three[]> = {
  'all colours': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  'no red (protanopia)': [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  'no green (deuteranopia)': [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  'no blue (tritanopia)': [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}; // prettier-ignore

function seen(sight: Three[], color: Three): Three {
  return sight.map((row) =>
    Math.min(1, Math.max(0, row[0] * color[0] + row[1] * color[1] + row[2] * color[2])),
  ) as Three;
}

/** CIELAB of linear light, for a white point of D65. */
function lab([r, g, b]: Three): Three {
  const root = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = root(luminance([r, g, b]));
  const z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Distances (ΔE*ab, CIE 1976) below 2.3 are just noticeable; these are to be told apart at a glance. */
const minDistance = 25;

describe.each([
  ['light', themes[0]!],
  ['dark', themes[1]!],
])('%s', (_, theme) => {
  const colors = colorsOf(theme);
  const meanings = ['accent', 'danger', 'error', 'focus'];

  test('text is readable (4.5:1), and marks can be seen (3:1)', () => {
    for (const ground of ['paper', 'wash', 'field'])
      for (const [name, least] of [
        ['ink', 4.5],
        ['muted', 4.5],
        ['accent', 4.5],
        ['danger', 4.5],
        ['error', 4.5],
        ['focus', 3],
        ['edge', 3],
      ] as const)
        // prettier-ignore
        expect(contrast(colors[name]!, colors[ground]!), `${name} on ${ground}`).toBeGreaterThanOrEqual(least);
    expect(contrast(colors['on-accent']!, colors.accent!)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(Object.entries(sights))(
    'accent, danger, error and focus differ for who sees %s',
    (_name, sight) => {
      for (const one of meanings)
        for (const other of meanings.slice(meanings.indexOf(one) + 1)) {
          const [a, b] = [one, other].map((name) => lab(seen(sight, linear(colors[name]!))));
          expect(Math.hypot(...a!.map((part, at) => part - b![at]!)), `${one}, ${other}`).toBeGreaterThan(
            minDistance,
          );
        }
    },
  );
});

test('colours that look alike to somebody are found', () => {
  const [one, other] = ['#8c2f22', '#a31616'].map((hex) => lab(linear(hex)));
  expect(Math.hypot(...one!.map((part, at) => part - other![at]!))).toBeLessThan(minDistance);
});
