// Avatars: the initials and the color of a person, drawn without a request (views/partials/avatar.ejs).

const shades = 8; // in public/app.css

export interface Avatar {
  initials: string;
  shade: number;
}

/** The color comes from the username, which stays. */
export function avatarOf(username: string, displayName: string | null): Avatar {
  const words = displayName?.match(/[\p{L}\p{N}]\S*/gu) ?? username.split(/[ ._-]+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return { initials: ends.map(initialOf).join(''), shade: shadeOf(username) };
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

function initialOf(word: string): string {
  const first = /^[!-~](?:[!-~]|$)/.test(word) ? word[0]! : graphemes.segment(word).containing(0)!.segment;
  const capital = first.toUpperCase();
  return capital.length > first.length ? first : capital; // ß has no capital of one letter
}

function shadeOf(username: string): number {
  let sum = 0;
  for (let at = 0; at < username.length; at += 1) sum = (sum * 31 + username.charCodeAt(at)) % 65_521;
  return sum % shades;
}
