// Decides how to read a part of a mail: keep it as text, parse it as an embedded mail, or skip it.
import type { Budget, MailParser } from './mail.ts';
import { encodedMessage, plainMessage, type MessageBody } from './message-body.ts';
import type { MimeNode } from './mime-tree.ts';
import { decodeUuencoded, isUuencodedLine, nameOfUuencoded, nameOfYencoded } from './uuencode.ts';

export type PartBody =
  | { kind: 'text'; line(line: string): void; content(): Buffer }
  | MessageBody
  | {
      kind: 'multipart';
      line(line: string): void;
      /** Returns the line before this one if it turns out to be an undeclared boundary. */
      boundaryBefore(line: string): string | undefined;
      preamble(): string;
      discard(): void;
    }
  | { kind: 'attachment' };

export const maxTextLength = 1_000_000; // bytes as encoded in the mail, all texts together
const maxTexts = 200;

export function nameOf({ contentType, contentDisposition }: MimeNode): string | undefined {
  return contentDisposition.parsed.params.filename ?? contentType.parsed.params.name;
}

/** Without parameters. An invalid type counts as `text/plain` (RFC 2045, 5.2), unless the part has a file name. */
export function kindOf(node: MimeNode): string {
  const [kind] = /^[^\s/;()]+\/[^\s/;()]+/.exec(node.contentType.parsed.value.toLowerCase()) ?? [];
  return kind ?? (nameOf(node) === undefined ? 'text/plain' : 'unknown');
}

const readAsText =
  /^(?:text\/.*|message\/(?:delivery-status|disposition-notification|feedback-report)|application\/pgp)$/;

export function chooseBody(
  node: MimeNode,
  isTop: boolean,
  budget: Budget,
  openEmbedded: () => MailParser | undefined,
  leaveOut: (name: string) => void,
): PartBody {
  const kind = kindOf(node);
  if (kind.startsWith('multipart/')) return multipartBody(budget);
  const isFirstPiece = kind === 'message/partial' && node.contentType.parsed.params.number === '1';
  if (isFirstPiece || /^message\/(?:rfc822|global|news)$/.test(kind)) {
    const parser = openEmbedded();
    if (parser)
      return isEncoded(node)
        ? encodedMessage(node.contentTransferEncoding.encoding, parser)
        : plainMessage(parser);
  }
  // A text at the top level is the message, even if it is marked as an attachment.
  const isText =
    readAsText.test(kind) && (isTop || node.contentDisposition.parsed.value.toLowerCase() !== 'attachment');
  if (!isText || budget.texts >= maxTexts) return { kind: 'attachment' };
  budget.texts += 1;
  return textBody(node, budget, leaveOut);
}

function isEncoded({ contentTransferEncoding }: MimeNode): boolean {
  return /^(?:base64|quoted-printable)$/.test(contentTransferEncoding.encoding);
}

/** The preamble is ignored, unless no part follows it. */
function multipartBody(budget: Budget): PartBody {
  let lines: string[] = [];
  let length = 0;
  let isCut = false;
  let isBegun = false;
  let before = '';
  return {
    kind: 'multipart',
    line(line) {
      if (isBegun) return;
      before = line;
      if (budget.length + line.length < maxTextLength) {
        lines.push(line);
        length += line.length + 1;
        budget.length += line.length + 1;
      } else isCut = true;
    },
    boundaryBefore(line) {
      const isOne = !isBegun && /^--\S/.test(before) && /^content-[a-z-]{1,30}:/i.test(line);
      return isOne ? before.trimEnd() : undefined;
    },
    preamble() {
      budget.isCut ||= isCut;
      return lines.join('\n');
    },
    discard() {
      isBegun = true;
      lines = [];
      budget.length -= length;
      length = 0;
    },
  };
}

function textBody(node: MimeNode, budget: Budget, leaveOut: (name: string) => void): PartBody {
  const { encoding } = node.contentTransferEncoding;
  const isUuencoded = /^(?:x-)?uu(?:e|encode)?$/.test(encoding);
  const rest: string[] = []; // lines that postal-mime need not or cannot decode
  // postal-mime would keep each line separately, at a hundred times the cost.
  if (!isEncoded(node)) node.contentDecoder = null;
  let isInYenc = false;
  let file: { firstLine: string; name: string; isBegun: boolean } | undefined;

  const keep = (line: string) => {
    if (budget.length + line.length >= maxTextLength) {
      budget.isCut = true;
      return;
    }
    budget.length += line.length + 1;
    if (encoding === 'quoted-printable') node.feed(bytesOf(withoutSpacesBehind(line)));
    else if (encoding === 'base64' && rest.length === 0 && isBase64(line)) node.feed(bytesOf(line));
    else rest.push(line);
  };
  /** Skips files inlined in the text, as sent before MIME. */
  const skipFile = (line: string): boolean => {
    if (isInYenc) isInYenc = !line.startsWith('=yend ');
    else {
      const name = nameOfYencoded(line);
      if (name === undefined) return skipUuencoded(line);
      isInYenc = true;
      leaveOut(name);
    }
    return true;
  };
  const skipUuencoded = (line: string): boolean => {
    if (!file) {
      const name = nameOfUuencoded(line);
      if (name !== undefined) file = { firstLine: line, name, isBegun: false };
      return name !== undefined;
    }
    const { firstLine, name, isBegun } = file;
    const goesOn = isUuencodedLine(line) && (isBegun || line !== 'end');
    if (goesOn && !isBegun) leaveOut(name);
    file = goesOn && line !== 'end' ? { firstLine, name, isBegun: true } : undefined;
    if (!goesOn && !isBegun) keep(firstLine);
    return goesOn || (isBegun && line === 'end');
  };
  return {
    kind: 'text',
    line(line) {
      if (isEncoded(node) || isUuencoded || !skipFile(line)) keep(line);
    },
    content() {
      if (file && !file.isBegun) keep(file.firstLine);
      const decoded = Buffer.from(node.content ?? new ArrayBuffer(0));
      if (isUuencoded) return decodeUuencoded(rest);
      if (rest.length === 0) return decoded;
      return Buffer.concat([decoded, bytesOf(`${decoded.length > 0 ? '\n' : ''}${rest.join('\n')}`)]);
    },
  };
}

export function bytesOf(line: string): Buffer {
  return Buffer.from(line, 'latin1');
}

/** A regular expression would be quadratic in a run of spaces. */
function withoutSpacesBehind(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

/** Plain text may follow, such as the unencoded footer of a mailing list. */
function isBase64(line: string): boolean {
  return /^[A-Za-z\d+/=]*$/.test(line.trim());
}
