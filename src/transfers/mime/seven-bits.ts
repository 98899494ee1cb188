// Decodes 7-bit Asian charsets, which TextDecoder supports only in part or not at all.
/* oxlint-disable no-control-regex -- raw bytes and escape sequences */

export function isJapaneseIn7Bits(bytes: Buffer): boolean {
  const escape = bytes.indexOf(0x1b);
  return escape >= 0 && /^\u001B\$[@B(]/.test(bytes.toString('latin1', escape, escape + 4));
}

/** Removes redundant escapes, which joined words contain and TextDecoder rejects. */
export function decodeJapanese(bytes: Buffer): string {
  const plain = bytes.toString('latin1').replaceAll(/\u001B[$(][@BJI](?=\u001B[$(])/g, '');
  return new TextDecoder('iso-2022-jp').decode(Buffer.from(plain, 'latin1'));
}

/** ISO-2022-KR (RFC 1557), ISO-2022-CN (RFC 1922): bytes between SO and SI lack the high bit. */
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

/** HZ (RFC 1843): bytes between `~{` and `~}` lack the high bit. */
export function decodeHz(bytes: Buffer): string {
  const text = bytes
    .toString('latin1')
    .replaceAll(/~\{([^~\n]*)(?:~\}|$)?/g, (_, chinese: string) =>
      new TextDecoder('gb18030').decode(Buffer.from(chinese, 'latin1').map((byte) => byte | 0x80)),
    );
  return text.replaceAll('~\n', '').replaceAll('~~', '~');
}
