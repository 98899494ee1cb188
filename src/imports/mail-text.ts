// What a mail says: of its texts, in whichever encoding, those that are meant to be read.
import { textOfHtml } from './html-text.ts';
import { decodeBase64, decodeQuotedPrintable, decodeText } from './mail-headers.ts';

export interface TextPart {
  /** As they stand in the mail; undefined while its headers are read, and for what is no text. */
  lines: string[] | undefined;
  kind: string;
  charset: string;
  encoding: string;
  /** Of which group of alternatives it is one, 0 for none. */
  group: number;
}

/** All texts, one after the other; of alternatives the plain one, where there is one with words in it. */
export function textOf(parts: TextPart[]): string {
  const texts = parts.map((part) => {
    const text = decodeText(bytesOf(part), part.charset);
    return { part, text: part.kind === 'text/html' ? textOfHtml(text) : text };
  });
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

function bytesOf({ lines, encoding }: TextPart): Buffer {
  const raw = lines!.join('\n');
  if (encoding === 'base64') return decodeBase64(raw);
  return encoding === 'quoted-printable' ? decodeQuotedPrintable(raw) : Buffer.from(raw, 'latin1');
}
