// Header values of mail from anywhere, as they were meant. postal-mime decodes them (RFC 2047); what it does not know is
// put into UTF-8 before.
/* oxlint-disable no-control-regex -- bytes, and escapes that stand in them */
import { addressParser, decodeWords, type Mailbox } from 'postal-mime';
import { decodeText } from './charsets.ts';

// No program writes longer words (RFC 2047 allows 75 characters); the rest is somebody's text.
const encodedWord = /=\?([^?\s]{0,60})\?([bq])\?([^?]{0,20000})\?=/gi;

/** A header's text, in one line. */
export function decodeHeader(value: string): string {
  return oneLine(decodeWords(recodeWords(value)));
}

/** `Ann Probe <ann@example.org>, …`; a group by its name and members. Direction marks fall away: they disguise names. */
export function decodeAddresses(value: string): string {
  return oneLine(
    addressParser(recodeWords(value))
      .map((entry) =>
        entry.group ? `${entry.name}: ${entry.group.map(inWords).join(', ')}` : inWords(entry),
      )
      .filter(Boolean)
      .join(', ')
      .replaceAll(/[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, ''),
  );
}

/** The addresses alone, in lower case. */
export function listAddresses(value: string): string[] {
  return addressParser(recodeWords(value), { flatten: true }).map(({ address }) =>
    (address ?? '').toLowerCase(),
  );
}

function inWords({ name, address }: Mailbox): string {
  return name && address ? `${name} <${address}>` : name || address;
}

/** Encoded words next to each other are one, since some programs cut characters in two. */
function recodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  let text = '';
  let at = 0;
  let word: { charset: string; bytes: Buffer[] } | undefined;
  const finishWord = () => {
    if (word) text += inUtf8(decodeText(Buffer.concat(word.bytes), word.charset));
    word = undefined;
  };
  for (const match of value.matchAll(encodedWord)) {
    const [whole, label = '', encoding = '', content = ''] = match;
    const charset = label.replace(/\*.*$/, '').toLowerCase();
    const between = value.slice(at, match.index);
    const isJoined = word !== undefined && between.trim() === '';
    if (word && (!isJoined || word.charset !== charset)) finishWord();
    if (!isJoined) text += between;
    word ??= { charset, bytes: [] };
    word.bytes.push(encoding.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : decodeQ(content));
    at = match.index + whole.length;
  }
  finishWord();
  return text + value.slice(at);
}

function inUtf8(text: string): string {
  const words: string[] = [];
  // No line end gets into a header this way, and no word gets so long that it is none.
  const characters = Array.from(text.replaceAll(/[\r\n\0]+/g, ' '));
  for (let at = 0; at < characters.length; at += 4000)
    words.push(`=?utf-8?B?${Buffer.from(characters.slice(at, at + 4000).join('')).toString('base64')}?=`);
  return words.join(' ');
}

function decodeQ(content: string): Buffer {
  const bytes = Buffer.from(content.replaceAll(/[_\s]/g, ' ')).toString('latin1');
  return Buffer.from(
    bytes.replaceAll(/=([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}

export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
