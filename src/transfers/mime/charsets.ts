// Decodes the bytes of a mail in any charset, also when it is missing or declared wrongly.
import iconv from 'iconv-lite';
import { decodeHz, decodeJapanese, decodeShifted, isJapaneseIn7Bits } from './seven-bits.ts';

// Names in old mail that neither the Encoding Standard nor iconv-lite knows.
const aliases: Record<string, string> = {
  cp65001: 'utf-8',
  'utf-8-bom': 'utf-8',
  utf8mb4: 'utf-8',
  'unicode-1-1-utf-7': 'utf-7',
  'x-unicode-2-0-utf-7': 'utf-7',
  'utf-7-imap': 'utf-7-imap',
  'iso-8859-8-e': 'iso-8859-8',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-3': 'iso-2022-jp',
  'iso-2022-jp-2004': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp50222: 'iso-2022-jp',
  cp51932: 'euc-jp',
  'eucjp-ms': 'euc-jp',
  cp932: 'shift_jis',
  'latin-9': 'iso-8859-15',
  latin9: 'iso-8859-15',
  latin0: 'iso-8859-15',
  'us-ascii7': 'us-ascii',
  'x-ascii': 'us-ascii',
  ansi: 'windows-1252',
};
// Every byte is valid in these charsets: UTF-8 declared as one of them would decode to garbage without an error.
const singleByte = /^(?:us-ascii|ascii|ansi_x3|iso-?8859-?1[35]?|latin-?[19]|windows-125\d|cp125\d|$)/;
const western = /^(?:us-ascii|ascii|ansi_x3.*|iso-?8859-?1|latin-?1|(?:windows-|cp)1252|utf-8)?$/;
const wide = /^(?:utf-?(?:16|32)|ucs-?[24])(?:[lb]e)?$/;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** An invalid byte becomes one U+FFFD. A missing or unknown charset is guessed. */
export function decodeText(bytes: Buffer, claimed: string): string {
  const charset = nameOf(claimed);
  return withoutByteOrderMark(decode(bytes, charset));
}

function decode(bytes: Buffer, charset: string): string {
  if (wide.test(charset)) return iconv.decode(bytes, charset, { stripBOM: false });
  if (/^iso-2022-(?:kr|cn)/.test(charset)) return decodeShifted(bytes, charset);
  if (charset.startsWith('hz')) return decodeHz(bytes);
  if (isJapaneseIn7Bits(bytes)) return decodeJapanese(bytes);
  if (singleByte.test(charset) || charset === 'utf-8') {
    const isBare = charset === 'utf-8' || charset === '';
    const text = asUtf8(bytes, isBare) ?? (western.test(charset) ? asShiftJis(bytes) : undefined);
    if (text !== undefined) return text;
    if (isBare) return new TextDecoder('windows-1252').decode(bytes);
  }
  const text = decoderFor(charset)?.(bytes);
  if (text === undefined) return decode(bytes, '');
  return text.includes('\uFFFD') ? (asUtf8(bytes, false) ?? asSibling(bytes, charset, text)) : text;
}

// Programs mislabel these as each other. (Chinese charsets cannot be told apart by their invalid bytes.)
const japanese = ['iso-2022-jp', 'shift_jis', 'euc-jp'];

function asSibling(bytes: Buffer, charset: string, text: string): string {
  if (!japanese.includes(canonicalName(charset))) return text;
  // Half of the euc-jp bytes are valid in shift_jis, as half-width characters, which nobody writes in runs.
  const broken = (one: string) => one.match(/[\uFFFD\uFF61-\uFF9F]/g)?.length ?? 0;
  return japanese
    .map((name) => decoderFor(name)!(bytes))
    .reduce((best, other) => (broken(other) < broken(best) ? other : best), text);
}

function canonicalName(charset: string): string {
  try {
    return new TextDecoder(charset).encoding;
  } catch {
    return charset;
  }
}

/** Undefined if invalid or without a byte that windows-1252 lacks: other text may be windows-1252. */
function asShiftJis(bytes: Buffer): string | undefined {
  if (
    !bytes.some((byte) => byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d)
  )
    return undefined;
  try {
    return new TextDecoder('shift_jis', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether the bytes are UTF-8, of which some may be invalid. */
export function isUtf8(bytes: Buffer): boolean {
  return asUtf8(bytes, true) !== undefined;
}

/** Undefined at an invalid byte or, with `mayBeBroken`, when these outnumber the non-ASCII characters. */
function asUtf8(bytes: Buffer, mayBeBroken: boolean): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    if (!mayBeBroken) return undefined;
    const text = utf8.decode(bytes);
    let broken = 0;
    let whole = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0xfffd) broken += 1;
      else if (code > 0x7f) whole += 1;
    }
    return broken > whole ? undefined : text;
  }
}

const decoders = new Map<string, ((bytes: Buffer) => string) | undefined>();

function decoderFor(charset: string): ((bytes: Buffer) => string) | undefined {
  if (!decoders.has(charset)) {
    if (decoders.size > 500) decoders.clear(); // bounded, because senders choose the names
    decoders.set(charset, makeDecoder(charset));
  }
  return decoders.get(charset);
}

// Node's TextDecoder lacks the syllables that Microsoft added.
const korean = /^(?:(?:x-)?euc-?kr|ks_?c|uhc|(?:cp|ms|windows-)949|korean)/;

function makeDecoder(charset: string): ((bytes: Buffer) => string) | undefined {
  if (korean.test(charset)) return (bytes) => iconv.decode(bytes, 'cp949');
  try {
    const decoder = new TextDecoder(charset, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  } catch {
    const known = [charset, charset.replace(/^x-|^cs/, '')].find((name) => iconv.encodingExists(name));
    return known && !/^(?:base64|hex|binary|internal)$/.test(known)
      ? (bytes) => iconv.decode(bytes, known, { stripBOM: false })
      : undefined;
  }
}

function nameOf(claimed: string): string {
  const [name = ''] = /[a-z\d][a-z\d_.:()+-]*/.exec(claimed.trim().toLowerCase().slice(0, 60)) ?? [];
  const plain = name.replace(/^utf_?(\d)/, 'utf-$1').replace(/^utf-8\b.*/, 'utf-8');
  if (/^(?:unknown|x-unknown|default|none|binary|8bit|7bit|x-user-defined|_?charset|replacement)/.test(plain))
    return '';
  return aliases[plain] ?? plain;
}

function withoutByteOrderMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
