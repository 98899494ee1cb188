// Joins the texts of a mail; of alternatives, prefers plain text that is not blank.
import { decodeText } from './charsets.ts';
import { decodeHeader } from './headers.ts';
import { textOfHtml } from './html-text.ts';

export interface TextPart {
  content: Buffer;
  kind: string;
  charset: string;
  /** Format=flowed and its DelSp parameter (RFC 3676). */
  isFlowed: boolean;
  isDelSp: boolean;
  group: number; // of alternatives; 0 for none
}

// HTML, whatever type is declared: plain text does not begin like this.
const isPage = /^\s*(?:<!doctype\s+html|<html[\s>])/i;

export function joinTexts(parts: TextPart[]): string {
  const texts = parts.map((part) => ({ part, text: textOfPart(part) }));
  const best = new Map<number, string>();
  for (const kind of ['text/plain', 'text/html'])
    for (const { part, text } of texts)
      if (part.kind === kind && text.trim() && !best.has(part.group)) best.set(part.group, kind);
  const wanted = texts.filter(
    ({ part }) => part.group === 0 || part.kind === (best.get(part.group) ?? part.kind),
  );
  return wanted.length === 1
    ? wanted[0]!.text
    : wanted
        .map(({ text }) => text.trimEnd())
        .filter(Boolean)
        .join('\n\n');
}

function textOfPart({ content, kind, charset, isFlowed, isDelSp }: TextPart): string {
  if (kind === 'text/html') return textOfHtml(decodeText(content, charsetOfHtml(content, charset)));
  const text = decodeText(content, charset).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  if (kind === 'text/rfc822-headers') return decodeHeaders(text);
  if (isPage.test(text.slice(0, 500))) return textOfHtml(text) || text;
  return isFlowed ? joinSoftBreaks(text, isDelSp) : text;
}

function decodeHeaders(text: string): string {
  return text
    .split(/\n(?![ \t])/)
    .map((header) => (header.includes('=?') ? decodeHeader(header) : header))
    .join('\n');
}

/** Some programs declare the charset in the HTML only. */
function charsetOfHtml(content: Buffer, charset: string): string {
  if (charset && !/^us-ascii$/i.test(charset)) return charset;
  const beginning = content.toString('latin1', 0, 4096);
  const [, inMeta = ''] =
    /<meta\b[^>]{0,300}?\bcharset\s{0,20}=\s{0,20}["']?([\w.:-]{1,40})/i.exec(beginning) ?? [];
  // The element was found in 8-bit text, so the page is neither UTF-16 nor UTF-32.
  return /^utf-?(?:16|32)/i.test(inMeta) ? '' : inMeta || charset;
}

function joinSoftBreaks(text: string, isDelSp: boolean): string {
  const pieces: string[] = [];
  let isSoft = false;
  let depth = 0;
  for (const line of text.split('\n')) {
    const [, quotes = '', rest = ''] = /^(>*)(.*)$/s.exec(line) ?? [];
    const words = rest.startsWith(' ') ? rest.slice(1) : rest; // RFC 3676, 4.4: space-stuffed
    const isSignature = words === '-- ';
    const goesOn = isSoft && quotes.length === depth && !isSignature;
    if (!goesOn && pieces.length > 0) pieces.push('\n');
    if (!goesOn && quotes) pieces.push(`${quotes} `);
    isSoft = words.endsWith(' ') && !isSignature;
    pieces.push(isSoft && isDelSp ? words.slice(0, -1) : words);
    depth = quotes.length;
  }
  return pieces.join('');
}
