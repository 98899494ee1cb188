// Words in the headers of mail: ASCII alone, everything else encoded (RFC 2047), names and addresses (RFC 5322).

/** Nobody's: these addresses lead nowhere, on purpose (RFC 2606). */
export const mailDomain = 'private-messages.invalid';

// No username is that short.
const deletedAccount = 'na';
const program = 'pm';
const self = 'me';

// An encoded word has 75 characters at most, 12 of which are around it: 45 bytes become 60 characters.
const bytesInWord = 45;

/** Text of a header: as it is where that is safe, else in encoded words, which lose nothing. */
export function headerText(text: string): string {
  return isPlain(text) ? text : encodedWords(text);
}

function isPlain(text: string): boolean {
  return /^(?:[!-~]+(?: [!-~]+)*)?$/.test(text) && !text.includes('=?');
}

function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > bytesInWord) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\n ');
}

/** A person as `From` and `To` have them: `bob <bob@…>`. A name from elsewhere keeps the address it came with. */
export function mailAddress(name: string): string {
  const [, phrase, foreign] = /^(.*) <([\w.+-]+@[\w.-]+)>$/.exec(name) ?? [];
  if (foreign) return `${displayName(phrase!)} <${foreign}>`;
  return /^[\w.-]{3,30}$/.test(name)
    ? `${displayName(name)} <${localPart(name)}@${mailDomain}>`
    : `${displayName(name)} <${deletedAccount}@${mailDomain}>`;
}

export const ownAddress = `${self} <${self}@${mailDomain}>`;
export const noticeAddress = `Private Messages <${program}@${mailDomain}>`;
export const deletedAddress = `deleted account <${deletedAccount}@${mailDomain}>`;

function displayName(name: string): string {
  if (!isPlain(name)) return encodedWords(name);
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Dots may not stand at the end or together, unless the whole is quoted. */
function localPart(name: string): string {
  return /^[\w-]+(?:\.[\w-]+)*$/.test(name) ? name : `"${name}"`;
}
