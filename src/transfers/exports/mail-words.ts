// Encodes mail headers: encoded words (RFC 2047) for everything but ASCII, names and addresses (RFC 5322).

export const mailDomain = 'private-messages.invalid'; // reserved, never resolves (RFC 2606)

const deletedAccount = 'na'; // shorter than any username
const program = 'pm';
const self = 'me';

// An encoded word has at most 75 characters, 12 of them delimiters: 45 bytes make 60 characters.
const bytesInWord = 45;

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

/** `bob <bob@…>` for `From` and `To`; a name from external mail keeps its address. */
export function mailAddress(name: string): string {
  const [, phrase, address] = /^(.*) <([\w.+-]+@[\w.-]+)>$/.exec(name) ?? [];
  if (address) return `${displayName(phrase!)} <${address}>`;
  return /^[\w.-]{3,30}$/.test(name)
    ? `${displayName(name)} <${localPart(name)}@${mailDomain}>`
    : `${displayName(name)} <${deletedAccount}@${mailDomain}>`;
}

export const ownAddress = `${self} <${self}@${mailDomain}>`;
/** Of a notice; the name is that of its site. */
export function noticeAddress(name: string): string {
  const isPhrase = /^[\w-]+(?: [\w-]+)*$/.test(name);
  return `${isPhrase ? name : displayName(name)} <${program}@${mailDomain}>`;
}

export const deletedAddress = `deleted account <${deletedAccount}@${mailDomain}>`;

function displayName(name: string): string {
  if (!isPlain(name)) return encodedWords(name);
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Leading, trailing and consecutive dots need quotes. */
function localPart(name: string): string {
  return /^[\w-]+(?:\.[\w-]+)*$/.test(name) ? name : `"${name}"`;
}
