// Preserves header bytes that are neither ASCII nor UTF-8 until a charset of the mail is known.
/* oxlint-disable no-control-regex -- raw bytes and escape sequences */
import { decodeText, isUtf8 } from './charsets.ts';

// Preserved bytes are private-use characters, as in `x-user-defined` of the Encoding Standard.
const shift = 0xf700;

/** Takes a header line in latin1; returns text in which undecodable bytes are preserved. */
export function keepRawBytes(line: string): string {
  if (!/[\u0080-\u00FF\u001B]/.test(line)) return line;
  const bytes = Buffer.from(line, 'latin1');
  if (line.includes('\u001B') || isUtf8(bytes)) return decodeText(bytes, '');
  return line.replaceAll(/[\u0080-\u00FF]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) + shift));
}

export function decodeRawBytes(value: string, charset: string): string {
  if (!/[\uF780-\uF7FF]/.test(value)) return value;
  // The second byte of a character may be ASCII, so the whole value is decoded together.
  if (/^[\0-\u007F\uF780-\uF7FF]*$/.test(value)) return decodeBytes(value, charset);
  return value.replaceAll(/[\uF780-\uF7FF]+/g, (run) => decodeBytes(run, charset));
}

function decodeBytes(value: string, charset: string): string {
  const bytes = Buffer.from(value, 'latin1'); // the low byte of each character
  const text = decodeText(bytes, charset);
  return text.includes('\uFFFD') ? decodeText(bytes, '') : text;
}
