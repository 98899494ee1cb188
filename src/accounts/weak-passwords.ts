// Refuses weak passwords: common ones, patterns, the username, the site's name.
import type { Match, ZxcvbnFactory } from '@zxcvbn-ts/core';
import type { WebContext } from '../web/context.ts';
import { rejectField, type Form } from '../web/forms.ts';
import { newPassword } from './passwords.ts';

// zxcvbn estimates the guesses of an attacker who tries common passwords, names and patterns first. Eight random
// characters take 10^8, each of the 146 most used passwords of 2025 fewer than this.
const minGuessesLog10 = 7.5;
// The guesses that inserted punctuation adds: which, and where. zxcvbn counts it as random characters.
const punctuationLog10 = 1.5;
// Bounds an estimate to 3 ms; 64 characters with every l33t substitution take 40 ms. A strong beginning suffices.
const maxJudged = 32;
const maxSubstitutions = 16;

// Most used in 2025 (NordPass), and missing from the package's list.
const recentlyCommon =
  `aabb1122 admintelecom adminisp contraseña contrasena global gmail guru gvt heslo kapler telecom
  theworldinyourhand turktelekom`.split(/\s+/);

let estimator: Promise<ZxcvbnFactory> | undefined;

/** The form, with an error if its new password is valid but weak; whatever else is wrong with it. */
export async function rejectWeak(form: Form, username: string, { config, site }: WebContext): Promise<Form> {
  const password = newPassword.safeParse(form.typed.password).data;
  const weakness = password && (await findWeakness(password, username, config.publicUrl, site.name));
  return weakness ? rejectField(form, 'password', weakness) : form;
}

export async function findWeakness(
  password: string,
  username: string,
  publicUrl: string,
  siteName = '',
): Promise<string | undefined> {
  estimator ??= openEstimator(); // on first use: it reads 49,000 passwords
  const zxcvbn = await estimator;
  const own = formsOfName(username);
  const words = [...own, ...formsOfSite(publicUrl), ...formsOfName(siteName)];
  const bare = password.replaceAll(/[^\p{L}\p{N}]/gu, '');
  const asTyped = zxcvbn.check(password, words);
  const withoutPunctuation = bare === password ? asTyped : zxcvbn.check(bare, words);
  const added = punctuationLog10 * (password.length - bare.length);
  const isWeakBare = bare.length > 3 && withoutPunctuation.guessesLog10 + added < minGuessesLog10;
  if (asTyped.guessesLog10 >= minGuessesLog10 && !isWeakBare) return undefined;
  const { sequence } = isWeakBare ? withoutPunctuation : asTyped;
  return explain(mainPart(sequence), own);
}

async function openEstimator(): Promise<ZxcvbnFactory> {
  const [core, common] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]);
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, recent: recentlyCommon },
    graphs: common.adjacencyGraphs,
    maxLength: maxJudged,
    l33tMaxSubstitutions: maxSubstitutions,
  });
}

/** zxcvbn also finds them reversed, in capitals, and with 4 for a. */
function formsOfName(name: string): string[] {
  const parts = name.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return [name.toLowerCase(), parts.join(''), ...parts].filter((form) => form.length > 2);
}

/** "letters.example.org" also yields letters.example, and each part. */
function formsOfSite(publicUrl: string): string[] {
  const { hostname } = new URL(publicUrl);
  const withoutEnd = hostname.replace(/\.[^.]+$/, '');
  return [...formsOfName(hostname), ...formsOfName(withoutEnd), ...formsOfName('private-messages')];
}

function mainPart(sequence: Match[]): Match | undefined {
  return sequence
    .filter(({ pattern }) => pattern !== 'bruteforce' && pattern !== 'separator')
    .toSorted((a, b) => b.token.length - a.token.length)[0];
}

function explain(part: Match | undefined, own: string[]): string {
  const why =
    part?.dictionaryName === 'userInputs'
      ? own.includes(part.matchedWord as string)
        ? 'The username is too easy to guess as a password, even with something added.'
        : 'The name of this site is too easy to guess as a password, even with something added.'
      : (reasons[part?.pattern ?? ''] ?? 'This password is too easy to guess.');
  return `${why} A few words in a row make a better one.`;
}

const reasons: Record<string, string> = {
  dictionary: 'Too many people use this password, or a similar one.',
  repeat: 'This password repeats itself.',
  sequence: 'Letters or digits in sequence, such as abcd or 4321, are too easy to guess.',
  spatial: 'Adjacent keys, such as qwertz or 1q2w3e, are too easy to guess.',
  date: 'A date is too easy to guess.',
  regex: 'A year is too easy to guess.',
};
