// A mail within another one that is encoded as a whole (base64, quoted-printable), line by line as it was before.

// Of a line without an end, nothing more is kept.
const maxLine = 1_000_000;

export interface DecodedLines {
  /** The lines that have become whole with this one, each byte as one character. */
  next(line: string): string[];
  /** The last one. */
  end(): string[];
}

export function createDecodedLines(encoding: string): DecodedLines {
  const decode = encoding === 'base64' ? createBase64() : decodeQuotedPrintable;
  let begun = '';
  return {
    next(line) {
      const lines = (begun + decode(line)).split(/\r?\n/);
      begun = lines.pop()!.slice(0, maxLine);
      return lines;
    },
    end: () => (begun ? [begun] : []),
  };
}

function createBase64(): (line: string) => string {
  let rest = '';
  return (line) => {
    const units = line.replaceAll(/[^A-Za-z\d+/=]/g, '').split(/=+/);
    units[0] = rest + units[0]!;
    const last = units.pop()!; // not followed by padding, so that it goes on
    rest = last.slice(last.length - (last.length % 4));
    const whole = last.slice(0, last.length - rest.length);
    return [...units, whole].map((unit) => Buffer.from(unit, 'base64').toString('latin1')).join('');
  };
}

function decodeQuotedPrintable(line: string): string {
  const words = line.trimEnd();
  const isSoft = words.endsWith('=');
  const decoded = (isSoft ? words.slice(0, -1) : words).replaceAll(/=([\dA-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return isSoft ? decoded : `${decoded}\n`;
}
