// Decodes an embedded mail that is base64 or quoted-printable as a whole, line by line.

const maxLine = 1_000_000; // the rest of a longer line is dropped

export interface DecodedLines {
  /** Returns the lines that this one completes, each byte as one character (latin1). */
  next(line: string): string[];
  end(): string[];
}

export function createDecodedLines(encoding: string): DecodedLines {
  const decode = encoding === 'base64' ? createBase64() : decodeQuotedPrintable;
  let pending = '';
  return {
    next(line) {
      const lines = (pending + decode(line)).split(/\r?\n/);
      pending = lines.pop()!.slice(0, maxLine);
      return lines;
    },
    end: () => (pending ? [pending] : []),
  };
}

function createBase64(): (line: string) => string {
  let rest = '';
  return (line) => {
    const units = line.replaceAll(/[^A-Za-z\d+/=]/g, '').split(/=+/);
    units[0] = rest + units[0]!;
    const last = units.pop()!; // without padding, so it continues in the next line
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
