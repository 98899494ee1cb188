// Files in uuencode and yEnc, which postal-mime does not decode: as a transfer encoding or inlined in text.

const beginning = /^begin(?:-base64)? [0-7]{3,4} {1,4}(\S.*)$/;

export function nameOfUuencoded(line: string): string | undefined {
  return beginning.exec(line.slice(0, 300))?.[1];
}

export function nameOfYencoded(line: string): string | undefined {
  return line.startsWith('=ybegin ')
    ? / line=\d.* name=(\S.{0,300})/.exec(line.slice(0, 600))?.[1]
    : undefined;
}

/** The first character of a line encodes its number of bytes. */
export function isUuencodedLine(line: string): boolean {
  const length = (line.charCodeAt(0) - 32) & 63;
  const characters = Math.ceil(length / 3) * 4;
  const isLong = line.length - 1 >= characters - 2 && line.length - 1 <= characters + 2; // trailing spaces may be lost
  return line.length > 0 && line.length < 90 && isLong && /^[ -`]+$/.test(line);
}

export function decodeUuencoded(lines: string[]): Buffer {
  const bytes: number[] = [];
  for (const line of lines) {
    if (nameOfUuencoded(line)) continue;
    if (line === 'end') break;
    const length = (line.charCodeAt(0) - 32) & 63;
    for (let at = 1, left = length; left > 0; at += 4, left -= 3) {
      const [a, b, c, d] = [0, 1, 2, 3].map((n) => ((line.charCodeAt(at + n) || 32) - 32) & 63) as [
        number,
        number,
        number,
        number,
      ];
      bytes.push(
        ...[(a << 2) | (b >> 4), (b << 4) | (c >> 2), (c << 6) | d].slice(0, left).map((byte) => byte & 255),
      );
    }
  }
  return Buffer.from(bytes);
}
