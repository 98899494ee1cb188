// Decodes header values (RFC 2047) with postal-mime; charsets it does not support are recoded to UTF-8 first.
/* oxlint-disable no-control-regex -- raw bytes and escape sequences */
import { addressParser, decodeWords, type Mailbox } from 'postal-mime';
import { decodeText } from './charsets.ts';

// Longer ones are plain text: RFC 2047 allows 75 characters, and no program exceeds these bounds.
const encodedWord = /=\?([^?\s]{0,60})\?([bq])\?([^?]{0,20000})\?=/gi;

export function decodeHeader(value: string): string {
  return oneLine(decodeWords(recodeWords(value)));
}

/** `Ann Probe <ann@example.org>, …`; a group as name and members. Strips bidi controls, which disguise names. */
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

export function listAddresses(value: string): string[] {
  return addressParser(recodeWords(value), { flatten: true }).map(({ address }) =>
    (address ?? '').toLowerCase(),
  );
}

function inWords({ name, address }: Mailbox): string {
  return name && address ? `${name} <${address}>` : name || address;
}

/** Joins adjacent encoded words, because some programs split characters between them. */
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
  // Without line breaks, which would inject headers, and in words short enough to be decoded.
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
