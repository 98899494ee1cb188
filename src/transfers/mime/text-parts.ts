// The texts of a mail as one: of alternatives the plain one, where there is one with words in it.
import { decodeText } from './charsets.ts';
import { decodeHeader } from './headers.ts';
import { textOfHtml } from './html-text.ts';

export interface TextPart {
  content: Buffer;
  kind: string;
  charset: string;
  /** Whether single line ends are spaces (RFC 3676), and whether the space before one goes too. */
  isFlowed: boolean;
  isDelSp: boolean;
  /** Of which group of alternatives it is one, 0 for none. */
  group: number;
}

// Whatever it says about itself: nobody begins a text like that.
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

/** The headers of a mail that came back, to the letter but for what nobody can read. */
function decodeHeaders(text: string): string {
  return text
    .split(/\n(?![ \t])/)
    .map((header) => (header.includes('=?') ? decodeHeader(header) : header))
    .join('\n');
}

/** A page can name its charset itself, and then some programs do not say it again. */
function charsetOfHtml(content: Buffer, charset: string): string {
  if (charset && !/^us-ascii$/i.test(charset)) return charset;
  const beginning = content.toString('latin1', 0, 4096);
  const [, inMeta = ''] =
    /<meta\b[^>]{0,300}?\bcharset\s{0,20}=\s{0,20}["']?([\w.:-]{1,40})/i.exec(beginning) ?? [];
  // Whoever could read it as bytes of eight bits did not need these.
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
