// One mail, read line by line (MIME, RFC 2045 and 2046): its texts are kept, everything else is passed over.
import {
  decodeHeader,
  decodeQuotedPrintable,
  decodeText,
  readHeaders,
  readParameters,
  type Headers,
} from './mail-headers.ts';
import { textOfHtml } from './html-text.ts';

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

interface Part {
  headers: string[];
  /** The lines of a text; undefined while its headers are read, and for what is no text. */
  lines: string[] | undefined;
  isInHeaders: boolean;
  kind: string;
  charset: string;
  encoding: string;
  /** Of which group of alternatives it is one, if of any. */
  group: number;
}

interface Multipart {
  boundary: string;
  group: number;
}

// In bytes as they stand in the mail: far beyond what anybody writes.
const textLimit = 1_000_000;
const headersLimit = 200_000;
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
  let isCut = false;
  let partsSeen = 0;
  let groups = 0;
  let part = begin();

  function begin(): Part {
    const group = nested.at(-1)?.group ?? 0;
    return { headers: [], lines: undefined, isInHeaders: true, kind: '', charset: '', encoding: '', group };
  }

  function endHeaders(): void {
    part.isInHeaders = false;
    headersLength = 0;
    partsSeen += 1;
    const own = readHeaders(part.headers);
    part.headers = [];
    headers ??= own;
    const { kind, parameters } = readParameters(own.get('content-type') ?? 'text/plain');
    const disposition = readParameters(own.get('content-disposition'));
    const boundary = parameters.get('boundary');
    if (kind.startsWith('multipart/') && boundary && nested.length < nestingLimit) {
      const group = kind === 'multipart/alternative' ? (groups += 1) : part.group;
      nested.push({ boundary, group });
    } else if (
      /^text\/(?:plain|html)$/.test(kind) &&
      disposition.kind !== 'attachment' &&
      parts.length < partsLimit
    ) {
      const encoding = (own.get('content-transfer-encoding') ?? '').toLowerCase();
      Object.assign(part, { kind, charset: parameters.get('charset') ?? 'utf-8', encoding, lines: [] });
      parts.push(part);
    } else leaveOut(disposition.parameters.get('filename') ?? parameters.get('name') ?? '');
  }

  function leaveOut(name: string): void {
    attachments.count += 1;
    if (attachments.names.length < namesLimit) attachments.names.push(shortCopy(decodeHeader(name)));
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
    nested.length = index + 1;
    if (words === `--${nested[index]!.boundary}--`) nested.pop();
    part = begin();
    // What stands behind the last boundary is nobody's.
    if (words.endsWith('--') && words !== `--${nested.at(-1)?.boundary}`) part.isInHeaders = false;
    return true;
  }

  return {
    line(line: string): void {
      if (partsSeen > mostParts) isCut = true;
      if (partsSeen > mostParts || isBoundary(line)) return;
      if (!part.isInHeaders) {
        length += line.length + 1;
        if (length <= textLimit) part.lines?.push(line);
        else if (part.lines) isCut = true;
        else length -= line.length + 1;
      } else if (line === '') endHeaders();
      else {
        headersLength += line.length;
        if (headersLength <= headersLimit) part.headers.push(line);
      }
    },
    end(): Mail {
      if (part.isInHeaders) endHeaders();
      return { headers: headers!, text: textOf(parts), attachments, isCut };
    },
  };
}

/** A string that is cut out of another one keeps that in memory: here all the headers, and the piece of the file. */
function shortCopy(name: string): string {
  return Buffer.from(name.slice(0, nameLength)).toString();
}

/** All texts, one after the other; of alternatives the plain one, where there is one. */
function textOf(parts: Part[]): string {
  const isPlain = (part: Part) => part.kind === 'text/plain';
  const wanted = parts.filter(
    (part) =>
      isPlain(part) ||
      part.group === 0 ||
      !parts.some((other) => isPlain(other) && other.group === part.group),
  );
  const texts = wanted.map((part) => {
    const text = decodeText(bytesOf(part), part.charset);
    return isPlain(part) ? text : textOfHtml(text);
  });
  return texts.length === 1
    ? texts[0]!
    : texts
        .map((text) => text.trimEnd())
        .filter(Boolean)
        .join('\n\n');
}

function bytesOf({ lines, encoding }: Part): Buffer {
  const raw = lines!.join('\n');
  if (encoding === 'base64') return Buffer.from(raw, 'base64');
  return encoding === 'quoted-printable' ? decodeQuotedPrintable(raw) : Buffer.from(raw, 'latin1');
}
