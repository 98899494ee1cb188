// The tokenizers in the program and in PostgreSQL agree on every character, in any locale.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { createPool, type Pool } from '../../../src/database/pool.ts';
import { tokensOf } from '../../../src/mailbox/search/tokenizer.ts';
import { addressOf, createDatabase } from '../../support/database.ts';

let pool: Pool;
beforeAll(async () => {
  pool = createPool(await createDatabase(), () => {});
});
afterAll(() => pool.end());

const inProgram = (text: string) => ` ${tokensOf(text).map((token) => `${token.text} `).join('')}`; // prettier-ignore

async function inDatabase(texts: string[], db: pg.Pool = pool): Promise<string[]> {
  const { rows } = await db.query<{ tokens: string }>(
    'select tokens_of(text) as tokens from unnest($1::text[]) with ordinality u (text, n) order by n',
    [texts],
  );
  return rows.map(({ tokens }) => tokens);
}

/** Texts that do not have the same tokens in both. */
async function differences(texts: string[]) {
  const found = await inDatabase(texts);
  return texts
    .map((text, index) => ({ text, program: inProgram(text), database: found[index] }))
    .filter(({ program, database }) => program !== database);
}

/** All of Unicode that can be in a text of PostgreSQL. */
const characters = Array.from({ length: 0x10ffff }, (_, n) => n + 1)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /\p{Assigned}/u.test(character));

/** Those of the version of Unicode that PostgreSQL has, which may be older than the program's. */
async function knownToPostgres(some: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ character: string }>(
    'select character from unnest($1::text[]) character where unicode_assigned(character)',
    [some],
  );
  return rows.map(({ character }) => character);
}

/** A number from 0 to 1, the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test(
  'both tokenizers agree on every character, alone and between letters',
  { timeout: 300_000 },
  async () => {
    for (let from = 0; from < characters.length; from += 5000) {
      const some = await knownToPostgres(characters.slice(from, from + 5000));
      const texts = some.map((one) => `${one} ab${one}cd 東${one}京`);
      expect(await differences(texts)).toEqual([]);
    }
  },
);

const scripts = [
  'abcXYZ ', 'äöüßÄÖẞéñøŁİıŞğ', 'αβγΣςΩάΐΰ', 'абвЁёЙйҐѢ', 'אבגשׁ', 'ابتأإآةىـ', 'हिन्दीकाक्ष', 'தமிழ்', '東京都々〇', 'ひらがなガーｶﾞ',
  '한국어를각ㅎㅏ', 'ไทยน้ำกำ', 'ລາວ', 'ខ្មែរ', 'မြန်မာ', 'བོད་', 'ՀԱՅ', 'ႠᲐა', 'ᏣᎳᎩ', '0123٣๔½²①', " .,;:/_<>@-'\"\n\t", '“„«»‹「」…—',
  '\u0301\u0323\u0308\u3099\u20e3\ufe0f', '\u200b\u200c\u200d\u00ad\ufeff\u2066', '🎉👍🏽👨‍👩‍👧🇩🇪', '𝒜𝟘𐐀𞤀𠀀',
].map((script) => Array.from(script)); // prettier-ignore

test('both agree on texts that mix scripts, marks and punctuation', async () => {
  const random = numbers(7);
  const pick = <Item>(items: Item[]) => items[Math.floor(random() * items.length)]!;
  for (let round = 0; round < 20; round += 1) {
    const texts = Array.from({ length: 1000 }, () => {
      const some = [pick(scripts), pick(scripts), pick(scripts)];
      return Array.from({ length: 1 + Math.floor(random() * 20) }, () => pick(pick(some))).join('');
    });
    expect(await differences(texts)).toEqual([]);
  }
});

test.each([
  ['either/or', ' either or '],
  ['file_name_final.txt', ' file name final txt '],
  ['a<b>c 2024-0815', ' a b c 2024 0815 '],
  ['Crème BRÛLÉE, Straße', ' creme brulee strasse '],
  ['IŞIK ışık İstanbul', ' isik isik istanbul '],
  ['東京都2026年', ' 東 京 都 2026 年 '],
  ['학교에서', ' 학 교 에 서 '],
  ['น้ำ', ' น้ํ า '],
  ['मेरी हिन्दी', ' मेरी हिन्दी '],
  ['ﬁne ＡＢＣ ｶﾞ', ' fine abc ガ '],
  ['Donau\u00addampf zero\u200bwidth', ' donaudampf zero width '],
  ['🎉️cake👨‍👩‍👧pie', ' cake pie '],
  ['…', ' '],
  ['', ' '],
])('%s has the tokens%s', async (text, tokens) => {
  expect(inProgram(text)).toBe(tokens);
  expect(await inDatabase([text])).toEqual([tokens]);
});

test('token positions in the text are known', () => {
  const text = 'A👍 Straße, 東京: ﬁn.';
  expect(tokensOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(['A', 'Straße', '東', '京', 'ﬁn']); // prettier-ignore
});

describe('the locale of the database has no effect:', () => {
  test.each([
    ['builtin C', `locale_provider builtin builtin_locale 'C'`],
    ['builtin C.UTF-8', `locale_provider builtin builtin_locale 'C.UTF-8'`],
    ['libc C', `locale_provider libc locale 'C'`],
    ['Turkish ICU', `locale_provider icu icu_locale 'tr-TR'`],
    ['Lithuanian ICU', `locale_provider icu icu_locale 'lt'`],
    ['ICU of no language', `locale_provider icu icu_locale 'und'`],
  ])('%s', async (name, locale) => {
    const database = `locale_${name.toLowerCase().replaceAll(/\W/g, '_')}`;
    const admin = new pg.Client({ connectionString: inject('postgres') });
    await admin.connect();
    await admin.query(`create database ${database} template template0 encoding 'UTF8' ${locale}`);
    const other = createPool(addressOf(inject('postgres'), database), () => {});
    await migrate(other);
    const texts = scripts.map((script) => script.join(' ') + script.join(''));
    expect(await inDatabase(texts, other)).toEqual(texts.map(inProgram));
    const { rows } = await other.query(
      `select search_keys(tokens_of('TITLE Işık 東京都')) @@ '''tit*'' & isik & ''京~都''' as found`,
    );
    expect(rows).toEqual([{ found: true }]);
    await other.end();
    await admin.query(`drop database ${database} with (force)`);
    await admin.end();
  });
});
