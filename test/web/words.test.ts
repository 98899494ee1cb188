// One word for a thing on all pages: people log in and log out; headings and buttons are in sentence case.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const filesIn = (folder: string, ending: string): [name: string, text: string][] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => [name, readFileSync(new URL(`${folder}/${name}`, root), 'utf8')]);

const views = filesIn('views', '.ejs').map(([name, text]): [string, string] => [
  name,
  text.replaceAll(/<%#[^]*?%>/g, ''),
]);
const signing = /\bsign(s|ed|ing)?\s+(you\s+|it\s+)?(in|out)\b/i;

test.each(views)('%s says log in and log out', (_, text) => {
  expect(signing.exec(text.replaceAll(/<[^%][^>]*>/g, ''))).toBeNull();
});

test('so do the lines that the program writes', () => {
  const lines = filesIn('src', '.ts').flatMap(([, text]) =>
    text
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
      .map((line) => line.replace(/ \/\/ .*$/, ''))
      .filter((line) => signing.exec(line)?.index && !line.includes('export const signingIn')),
  );
  expect(lines).toEqual([]);
});

const given = ['Send Message', 'Private Messages'];
test.each(views)('%s has headings and buttons in sentence case', (_, text) => {
  const elements = text.matchAll(/<(h1|h2|button|legend|label)\b[^>]*>([^<]*)/g);
  for (const [, , words] of elements) {
    const said = given.reduce((rest, name) => rest.replace(name, ''), words!.trim());
    expect(said).not.toMatch(/^\p{Lu}\p{Ll}+ .*\b\p{Lu}\p{Ll}+/u);
  }
});
