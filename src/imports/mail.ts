// One mail, read line by line (MIME, RFC 2045 and 2046): its texts are kept, everything else is passed over.
import { decodeHeader, readHeaders, readParameters, type Headers } from './mail-headers.ts';
import { textOf, type TextPart } from './mail-text.ts';

export interface Mail {
  headers: Headers;
  text: string;
  attachments: LeftAttachments;
  /** Whether a text was too long to be kept whole, or the parts were too many. */
  isCut: boolean;
}

/** What was left out: how many, and the names of the first; '' for one without a name. */
export interface LeftAttachments {
  count: number;
  names: string[];
}

interface Part extends TextPart {
  headers: string[];
  isInHeaders: boolean;
  /** Set for what stands before the first boundary of a multipart, with what there was to read until then. */
  preamble?: { of: Multipart; length: number; isCut: boolean };
}

interface Multipart {
  boundary: string;
  group: number;
}

// In bytes as they stand in the mail: far beyond what anybody writes.
const textLimit = 1_000_000;
const headersLimit = 200_000;
const headerLimit = 20_000; // so that those behind a very long one are read
const partsLimit = 200;
// Beyond, nothing more of the mail is read: with bodies of nothing, millions would fit in a file.
const mostParts = 10_000;
const namesLimit = 20;
const nameLength = 200;
const nestingLimit = 20;

export function createMailReader() {
  const parts: Part[] = [];
  const nested: Multipart[] = [];
  const attachments: LeftAttachments = { count: 0, names: [] };
  let headers: Headers | undefined;
  let length = 0;
  let headersLength = 0;
  let headerLength = 0;
  let isCut = false;
  let partsSeen = 0;
  let groups = 0;
  let part = begin();

  function begin(): Part {
    const group = nested.at(-1)?.group ?? 0;
    return { headers: [], lines: undefined, isInHeaders: true, kind: '', charset: '', encoding: '', group };
  }

  function keepHeader(line: string): void {
    if (!/^[ \t]/.test(line)) headerLength = 0;
    const kept = line.slice(
      0,
      Math.max(0, Math.min(headerLimit - headerLength, headersLimit - headersLength)),
    );
    headerLength += kept.length;
    headersLength += kept.length;
    if (kept) part.headers.push(kept);
  }

  function endHeaders(): void {
    part.isInHeaders = false;
    headersLength = 0;
    partsSeen += 1;
    const own = readHeaders(part.headers);
    part.headers = [];
    const isTop = headers === undefined;
    headers ??= own;
    const { kind: said, parameters } = readParameters(own.get('content-type') ?? 'text/plain');
    const disposition = readParameters(own.get('content-disposition'));
    const name = disposition.parameters.get('filename') ?? parameters.get('name');
    const boundary = parameters.get('boundary');
    const kind = kindOf(said, isTop ? undefined : name);
    // A mail that is one text is its words, whatever it says about itself.
    const isText = isTop
      ? /^(?:text|multipart)\//.test(kind)
      : kind.startsWith('text/') && disposition.kind !== 'attachment';
    if (kind.startsWith('multipart/') && boundary && nested.length < nestingLimit) {
      const group = kind === 'multipart/alternative' ? (groups += 1) : part.group;
      const of = { boundary, group };
      nested.push(of);
      const preamble = { of, length, isCut };
      Object.assign(part, { kind: 'text/plain', group: 0, lines: [], preamble });
    } else if (isText && parts.length < partsLimit) {
      const encoding = (own.get('content-transfer-encoding') ?? '').toLowerCase();
      Object.assign(part, { kind, charset: parameters.get('charset') ?? 'utf-8', encoding, lines: [] });
      parts.push(part);
    } else leaveOut(name ?? '');
  }

  function leaveOut(name: string): void {
    attachments.count += 1;
    if (attachments.names.length < namesLimit) attachments.names.push(shortCopy(decodeHeader(name)));
  }

  /** What stands before the parts is nobody's; where none of them begins, it is all there is, and kept as it stands. */
  function endPreamble(begins?: Multipart): void {
    const { preamble, lines } = part;
    if (!preamble) return;
    const isNeeded = preamble.of !== begins && lines!.some((line) => line.trim());
    if (isNeeded && parts.length < partsLimit) return void parts.push(part);
    ({ length, isCut } = preamble);
    if (isNeeded) leaveOut('');
  }

  /** Whether this line ends the part, as the boundary of a multipart that is open. */
  function isBoundary(line: string): boolean {
    if (!line.startsWith('--') || nested.length === 0) return false;
    const words = line.trimEnd();
    const index = nested.findLastIndex(
      ({ boundary }) => words === `--${boundary}` || words === `--${boundary}--`,
    );
    if (index < 0) return false;
    if (part.isInHeaders && part.headers.length > 0) endHeaders();
    const isClosing = words === `--${nested[index]!.boundary}--`;
    endPreamble(isClosing ? undefined : nested[index]);
    nested.length = index + 1;
    if (isClosing) nested.pop();
    part = begin();
    // What stands behind the last boundary is nobody's.
    if (words.endsWith('--') && words !== `--${nested.at(-1)?.boundary}`) part.isInHeaders = false;
    return true;
  }

  return {
    line(line: string): void {
      if (partsSeen > mostParts) isCut = true;
      if (partsSeen > mostParts || isBoundary(line)) return;
      if (part.isInHeaders && line === '') endHeaders();
      else if (part.isInHeaders) keepHeader(line);
      else if (part.lines) {
        length += line.length + 1;
        if (length <= textLimit) part.lines.push(line);
        else isCut = true;
      }
    },
    end(): Mail {
      if (part.isInHeaders) endHeaders();
      endPreamble();
      return { headers: headers!, text: textOf(parts), attachments, isCut };
    },
  };
}

/** A string that is cut out of another one keeps that in memory: here all the headers, and the piece of the file. */
function shortCopy(name: string): string {
  return Buffer.from(name.slice(0, nameLength)).toString();
}

/**
 * `text/plain`, without what follows in vain, as a comment does. What is no kind at all counts as that (RFC 2045, 5.2),
 * unless it is a file with a name.
 */
function kindOf(said: string, name: string | undefined): string {
  const [kind] = /^[^\s/;()]+\/[^\s/;()]+/.exec(said) ?? [];
  return kind ?? (name === undefined ? 'text/plain' : 'unknown');
}
