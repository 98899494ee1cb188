// Asian text in seven bits, which switches between alphabets on the way and which TextDecoder does not know, or not all of.
/* oxlint-disable no-control-regex -- bytes, and escapes that stand in them */

export function isJapaneseIn7Bits(bytes: Buffer): boolean {
  const escape = bytes.indexOf(0x1b);
  return escape >= 0 && /^\u001B\$[@B(]/.test(bytes.toString('latin1', escape, escape + 4));
}

/** Two escapes in a row are one too many for TextDecoder; joined words have them. */
export function decodeJapanese(bytes: Buffer): string {
  const plain = bytes.toString('latin1').replaceAll(/\u001B[$(][@BJI](?=\u001B[$(])/g, '');
  return new TextDecoder('iso-2022-jp').decode(Buffer.from(plain, 'latin1'));
}

/** Korean and Chinese in seven bits (RFC 1557, RFC 1922): what stands between SO and SI lacks the highest bit. */
export function decodeShifted(bytes: Buffer, charset: string): string {
  const raised = Buffer.alloc(bytes.length);
  let length = 0;
  let isShifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0x1b && bytes[at + 1] === 0x24) at += 3;
    else if (byte === 0x0e || byte === 0x0f) isShifted = byte === 0x0e;
    else {
      if (byte === 0x0a) isShifted = false;
      raised[length++] = isShifted && byte > 0x20 ? byte | 0x80 : byte;
    }
  }
  return new TextDecoder(charset.includes('kr') ? 'euc-kr' : 'gb18030').decode(raised.subarray(0, length));
}

/** Chinese in seven bits (RFC 1843): what stands between `~{` and `~}` lacks the highest bit. */
export function decodeHz(bytes: Buffer): string {
  const text = bytes
    .toString('latin1')
    .replaceAll(/~\{([^~\n]*)(?:~\}|$)?/g, (_, chinese: string) =>
      new TextDecoder('gb18030').decode(Buffer.from(chinese, 'latin1').map((byte) => byte | 0x80)),
    );
  return text.replaceAll('~\n', '').replaceAll('~~', '~');
}
