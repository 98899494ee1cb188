// Guessable passwords are refused with the reason; passphrases are not.
import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findWeakness } from '../../src/accounts/weak-passwords.ts';
import { mostUsedPasswords } from './most-used-passwords.ts';

const judge = (password: string, username = 'charlotte.bauer') =>
  findWeakness(password, username, 'https://letters.example.org');

test('all of the most used passwords of 2025 are refused', async () => {
  expect(mostUsedPasswords).toHaveLength(146);
  const accepted = [];
  for (const password of mostUsedPasswords) if (!(await judge(password))) accepted.push(password);
  expect(accepted).toEqual([]);
});

const common = 'Too many people use this password';
const username = 'The username is too easy to guess';
const site = 'The name of this site is too easy to guess';
describe.each([
  [common, ['987654321', 'Pass@123', 'P@ssw0rd!', 'Dragon2025!', 'sunshine1987', 'monkey!!', 'Liverpool.99']],
  [
    'This password repeats itself',
    ['aaaaaaaaaaaa', 'x7x7x7x7x7x7', '🦉🦊'.repeat(10), 'kfzkfzkfz', '          '],
  ],
  ['Letters or digits in sequence', ['abcdefghij', 'ZYXWVUTSRQ', 'абвгдежзий', 'abcdefgh1']],
  ['Adjacent keys', ['!@#$%^&*()', 'poiuztrewq', 'dfghjkl;', 'mnbvcxy!1']],
  ['A date', ['1987-11-17', '3.9.2027']],
  [
    username,
    ['charlottebauer', 'Ch4rl0tte', 'charlotte1987', 'bauer-2025!', 'reuab.ettolrahc', 'b4u3r!2024'],
  ],
  [
    site,
    ['letters.example.org', 'Letters2025', 'l3tt3rs!!', 'private-messages', 'PrivateMessages1', 'srettel99'],
  ],
])('%s', (reason, passwords) => {
  test.each(passwords)('%s', async (password) => {
    expect(await judge(password)).toMatch(
      new RegExp(`^${reason}[^]*\\. A few words in a row make a better one\\.$`),
    );
  });
});

test.each([
  'correct horse battery staple',
  'a long enough password',
  'Grüne Wiese am See',
  'drei alte Fahrräder im Keller',
  'le chat dort sur le piano',
  'cuatro gatos y un tejado',
  'tre små grisar i en båt',
  'слово и ещё слово',
  'τρία μικρά καΐκια',
  'ثلاثة قوارب في النهر',
  '窗外的月亮很圆很亮',
  '猫がピアノの上で寝ている',
  '고양이가 피아노 위에서',
  'charlotte and the sea glass',
  'my letters lie under the stone',
  'kv7%qLp2',
  '🦉🦊🐙🐝🦋🐢🦔🐘',
  'Tr0ub4dor and 3 friends',
])('accepted: %s', async (password) => {
  expect(await judge(password)).toBeUndefined();
});

test('of 4,000 passwords of fifteen random lower-case letters or ten random characters, at most one is refused', async () => {
  const random = (length: number, characters: string) =>
    Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const refused: string[] = [];
  for (let n = 0; n < 2000; n++) {
    for (const password of [random(15, letters), random(10, `${letters}ABCDEFGHJKLMNPQRSTUVWXYZ23456789`)])
      if (await judge(password)) refused.push(password);
  }
  // Chance makes words: Bekg4Flam3 is one in some ten thousand.
  expect(refused.slice(1)).toEqual([]);
});

test('a long password takes no longer to judge than its beginning', async () => {
  const hostile = ['4@8({[<369€'.repeat(23), 'password'.repeat(32), 'a@4'.repeat(85), 'qwe123'.repeat(42)];
  const quickest = async (password: string): Promise<number> => {
    let best = Infinity;
    for (let n = 0; n < 10; n++) {
      const startedAt = performance.now();
      await judge(password);
      best = Math.min(best, performance.now() - startedAt);
    }
    return best;
  };
  for (const password of hostile) {
    const beginning = await quickest(password.slice(0, 32));
    expect(await quickest(password), password).toBeLessThan(3 * beginning + 3);
  }
});
