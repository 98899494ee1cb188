// Headers of mail from anywhere: unfolded, decoded (RFC 2047, RFC 2231), and forgiving.

/** By name in lower case; of several with one name the first. */
export type Headers = Map<string, string>;

/** Reads the lines before the empty one. */
export function readHeaders(lines: string[]): Headers {
  const headers: Headers = new Map();
  const unfolded: string[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line) && unfolded.length > 0) unfolded.push(`${unfolded.pop()}\n${line}`);
    else unfolded.push(line);
  }
  for (const line of unfolded) {
    const end = line.indexOf(':');
    const name = line.slice(0, Math.max(end, 0)).trim().toLowerCase();
    if (name && !headers.has(name))
      headers.set(
        name,
        line
          .slice(end + 1)
          .replaceAll('\n', '')
          .trim(),
      );
  }
  return headers;
}

const encodedWord = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

/** A header's text as it was meant. Encoded words next to each other are one: some programs cut characters in two. */
export function decodeHeader(value: string): string {
  const joined = value.replaceAll(/\?=\s+=\?/g, '?==?');
  let text = '';
  let at = 0;
  let word: { charset: string; bytes: Buffer[] } | undefined;
  const finishWord = () => {
    if (word) text += decodeText(Buffer.concat(word.bytes), word.charset);
    word = undefined;
  };
  for (const match of joined.matchAll(encodedWord)) {
    const [whole, charset = '', encoding = '', content = ''] = match;
    if (match.index > at || word?.charset !== charset.toLowerCase()) finishWord();
    text += decodeRaw(joined.slice(at, match.index));
    word ??= { charset: charset.toLowerCase(), bytes: [] };
    word.bytes.push(
      encoding.toLowerCase() === 'b'
        ? Buffer.from(content, 'base64')
        : decodeQuotedPrintable(content.replaceAll('_', '=20')),
    );
    at = match.index + whole.length;
  }
  finishWord();
  return text + decodeRaw(joined.slice(at));
}

/** Bytes that nobody encoded: nearly always UTF-8 today. */
function decodeRaw(text: string): string {
  return /[\u0080-\u00FF]/.test(text) ? decodeText(Buffer.from(text, 'latin1'), 'utf-8') : text;
}

/** Text of this encoding; of an unknown one, or of bytes that are none of it, what is likeliest. */
export function decodeText(bytes: Buffer, charset: string): string {
  for (const label of [charset, 'utf-8']) {
    try {
      return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      // The next one.
    }
  }
  return new TextDecoder('windows-1252').decode(bytes);
}

/** Of several blocks each, up to its padding. What then follows in other characters, as a list's footer, is plain. */
export function decodeBase64(text: string): Buffer {
  const blocks: Buffer[] = [];
  for (const { 0: block, index } of text.matchAll(/[^=]+=*/g)) {
    if (blocks.length > 0 && /[^A-Za-z\d+/=\s]/.test(block))
      return Buffer.concat([...blocks, Buffer.from(text.slice(index), 'latin1')]);
    blocks.push(Buffer.from(block, 'base64'));
  }
  return Buffer.concat(blocks);
}

export function decodeQuotedPrintable(text: string): Buffer {
  const whole = text.split('\n').map(withoutSpacesBehind).join('\n').replaceAll('=\n', '');
  const bytes = whole.replaceAll(/=([\dA-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

/** By hand: an expression would look at a long row of spaces once for each of them. */
function withoutSpacesBehind(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

// In characters; a longer one is not meant to be read.
const parametersLength = 2000;

/** A header with parameters: `text/plain; charset="utf-8"`. */
export function readParameters(value = ''): { kind: string; parameters: Map<string, string> } {
  const [kind = '', ...rest] = value.slice(0, parametersLength).match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? [];
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const [, name, quoted, plain] = /^\s*([^=\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s.exec(part) ?? [];
    if (name) parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain!);
  }
  return { kind: kind.trim().toLowerCase(), parameters };
}
