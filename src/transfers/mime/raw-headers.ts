// Headers with bytes that are neither ASCII nor UTF-8. What they mean is known only when a charset of the mail is.
/* oxlint-disable no-control-regex -- bytes, and escapes that stand in them */
import { decodeText, isUtf8 } from './charsets.ts';

// As `x-user-defined` of the Encoding Standard does it: each byte is a character for private use until then.
const shift = 0xf700;

/** A header line, each byte as one character (latin1), as text in which the bytes that are not understood are kept. */
export function keepRawBytes(line: string): string {
  if (!/[\u0080-\u00FF\u001B]/.test(line)) return line;
  const bytes = Buffer.from(line, 'latin1');
  if (line.includes('\u001B') || isUtf8(bytes)) return decodeText(bytes, '');
  return line.replaceAll(/[\u0080-\u00FF]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) + shift));
}

/** What keepRawBytes has kept, in this charset where it can be. */
export function decodeRawBytes(value: string, charset: string): string {
  if (!/[\uF780-\uF7FF]/.test(value)) return value;
  // Second bytes of a character may be ASCII, so that all of it is decoded together.
  if (/^[\0-\u007F\uF780-\uF7FF]*$/.test(value)) return decodeBytes(value, charset);
  return value.replaceAll(/[\uF780-\uF7FF]+/g, (run) => decodeBytes(run, charset));
}

function decodeBytes(value: string, charset: string): string {
  const bytes = Buffer.from(value, 'latin1'); // of each character its lower byte
  const text = decodeText(bytes, charset);
  return text.includes('\uFFFD') ? decodeText(bytes, '') : text;
}
