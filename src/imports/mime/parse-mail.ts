// One mail, read line by line: its texts are kept, attachments are passed over before they take up any memory.
import { decodeHeader, decodeRawHeader } from './headers.ts';
import { createMimeTree, type MimeNode } from './mime-tree.ts';
import { bytesOf, chooseBody, kindOf, nameOf, type PartBody } from './part-body.ts';
import { joinTexts, type TextPart } from './text-parts.ts';

export interface Mail {
  /** By name in lower case, their lines joined and nothing decoded; of several with one name the first. */
  headers: Map<string, string>;
  text: string;
  /** The bytes of a mail that is one text. */
  content: Buffer | undefined;
  attachments: LeftAttachments;
  /** Whether a text was too long to be kept whole, or the parts were too many. */
  isCut: boolean;
}

/** What was left out: how many, and the names of the first; '' for one without a name. */
export interface LeftAttachments {
  count: number;
  names: string[];
}

/** What a mail has used up, together with the mails within it. */
export interface Budget {
  attachments: LeftAttachments;
  /** Of the texts, in bytes as they stand in the mail. */
  length: number;
  texts: number;
  parts: number;
  isCut: boolean;
}

// Far beyond what anybody writes.
const maxHeadersLength = 200_000;
const maxHeaderLength = 20_000; // so that those behind a very long one are read
const maxPartHeaderLength = 1000; // those of a part say what kind it is, and its name
// Beyond, nothing more of the mail is read: with bodies of nothing, millions would fit in a file.
const maxParts = 10_000;
const maxDepth = 20;
const maxEmbedded = 5;
const maxNames = 20;
const maxNameLength = 200;

const header = /^[!-9;-~]{1,100}[ \t]*:/;
const knownHeader =
  /^(?:from|to|cc|bcc|date|subject|sender|reply-to|received|return-path|message-id|in-reply-to|references|mime-version|content-[a-z-]+|status|delivered-to|resent-[a-z-]+|x-[\w-]+|dkim-signature|arc-[a-z-]+|list-[a-z-]+|newsgroups|path|envelope-to|authentication-results)[ \t]*:/i;

export function isHeader(line: string): boolean {
  return header.test(line.slice(0, 120));
}

export function isKnownHeader(line: string): boolean {
  return knownHeader.test(line.slice(0, 120));
}

export interface MailParser {
  /** To be waited for when it is a promise. */
  line(line: string): Promise<void> | undefined;
  end(): Promise<Mail>;
}

/** Lines come without their ends, each byte as one character (latin1). */
export function createMailParser(): MailParser {
  return parserWithin(
    { attachments: { count: 0, names: [] }, length: 0, texts: 0, parts: 0, isCut: false },
    0,
  );
}

function parserWithin(budget: Budget, embedded: number): MailParser {
  const tree = createMimeTree();
  const bodies = new Map<MimeNode, PartBody>();
  let headersLength = 0;
  let headerLength = 0;
  let held: string | undefined;

  function leaveOut(name = ''): void {
    const { attachments } = budget;
    attachments.count += 1;
    if (attachments.names.length < maxNames) attachments.names.push(shortCopy(decodeHeader(name)));
  }

  function feedHeader(line: string): void {
    if (!/^[ \t]/.test(line)) headerLength = 0;
    const maxLength = tree.currentNode === tree.root ? maxHeaderLength : maxPartHeaderLength;
    const left = Math.min(maxLength - headerLength, maxHeadersLength - headersLength);
    const kept = line.slice(0, Math.max(0, left));
    headerLength += kept.length;
    headersLength += kept.length;
    if (kept) tree.currentNode.feed(Buffer.from(decodeRawHeader(kept)));
  }

  function endHeaders(): void {
    const node = tree.currentNode;
    node.feed(Buffer.alloc(0));
    headersLength = 0;
    budget.parts += 1;
    Object.assign(node, { rawHeaderLines: [], headerLines: [] });
    if (node !== tree.root) node.headers = [];
    const isTooDeep = kindOf(node).startsWith('multipart/') && node.depth >= maxDepth;
    if (isTooDeep && tree.boundaries.at(-1)?.node === node) tree.boundaries.pop();
    const openEmbedded = () => (embedded < maxEmbedded ? parserWithin(budget, embedded + 1) : undefined);
    const body: PartBody = isTooDeep
      ? { kind: 'attachment' }
      : chooseBody(node, node === tree.root, budget, openEmbedded, leaveOut);
    bodies.set(node, body);
    if (body.kind === 'attachment') leaveOut(nameOf(node));
    if (body.kind !== 'text') forgetBody(node);
  }

  /** A line that is no header ends them, unless more follow: then it is one that has lost its indentation. */
  function headerLine(line: string): Promise<void> | undefined {
    if (held !== undefined) {
      if (!isKnownHeader(line)) return endHeld(line);
      if (held.trim()) feedHeader(` ${held}`);
      held = undefined;
    }
    const goesOn = /^[ \t]/.test(line) && line.trim() !== '' && headersLength > 0;
    if (line === '') endHeaders();
    else if (goesOn || isHeader(line)) feedHeader(line);
    else if (!/^>?From /.test(line)) held = line;
    return undefined;
  }

  async function endHeld(next?: string): Promise<void> {
    const words = held!;
    held = undefined;
    endHeaders();
    if (words.trim()) await read(words);
    if (next !== undefined) await read(next);
  }

  function isBoundary(line: string): boolean {
    if (!line.startsWith('--') || tree.boundaries.length === 0) return false;
    const words = line.trimEnd();
    return tree.boundaries.some(({ value }) => {
      const boundary = `--${Buffer.from(value).toString('latin1')}`;
      return words.startsWith(boundary) && (words === boundary || words === `${boundary}--`);
    });
  }

  async function passBoundary(line: string): Promise<void> {
    if (held !== undefined) await endHeld();
    else if (tree.currentNode.state === 'header' && headersLength > 0) endHeaders();
    const before = tree.currentNode;
    await tree.processLine(bytesOf(line.trimEnd()), false);
    const { parentNode, state } = tree.currentNode;
    if (tree.currentNode === before || state !== 'header' || !parentNode) return;
    const body = bodies.get(parentNode);
    if (body?.kind === 'multipart') body.discard();
  }

  function read(line: string): Promise<void> | undefined {
    if (budget.parts > maxParts) budget.isCut = true;
    if (budget.parts > maxParts) return undefined;
    if (isBoundary(line)) return passBoundary(line);
    const { state } = tree.currentNode;
    if (state === 'header') return headerLine(line);
    // What stands behind the last boundary is nobody's.
    const body = state === 'body' ? bodies.get(tree.currentNode) : undefined;
    return body && 'line' in body ? (body.line(line) ?? undefined) : undefined;
  }

  async function end(): Promise<Mail> {
    if (held !== undefined) await endHeld();
    if (tree.currentNode.state === 'header') endHeaders();
    await tree.finalize();
    const parts = await collect(tree.root, bodies, { budget, groups: 0 });
    const only = bodies.get(tree.root);
    return {
      headers: headersOf(tree.root),
      text: joinTexts(parts),
      content: only?.kind === 'text' ? parts[0]!.content : undefined,
      attachments: budget.attachments,
      isCut: budget.isCut,
    };
  }
  return { line: read, end };
}

/** The texts from the first to the last. */
async function collect(
  node: MimeNode,
  bodies: Map<MimeNode, PartBody>,
  seen: { budget: Budget; groups: number },
  group = 0,
): Promise<TextPart[]> {
  const body = bodies.get(node);
  if (body?.kind === 'multipart' && node.childNodes.length > 0) {
    const inner = kindOf(node) === 'multipart/alternative' ? (seen.groups += 1) : group;
    const parts: TextPart[] = [];
    for (const child of node.childNodes) parts.push(...(await collect(child, bodies, seen, inner)));
    return parts;
  }
  const { charset = '', format = '', delsp = '' } = node.contentType.parsed.params;
  const part = { kind: 'text/plain', charset: '', isFlowed: false, isDelSp: false, group: 0 };
  if (body?.kind === 'multipart') return [{ ...part, content: bytesOf(body.preamble()) }];
  if (body?.kind === 'message') {
    const content = Buffer.from(inBrackets(await body.end()));
    return [{ ...part, content, charset: 'utf-8' }];
  }
  if (body?.kind !== 'text') return [];
  const flow = { isFlowed: /^flowed$/i.test(format), isDelSp: /^yes$/i.test(delsp) };
  return [{ ...flow, content: body.content(), kind: kindOf(node), charset, group }];
}

/** A mail within another one. */
function inBrackets({ headers, text }: Mail): string {
  const lines = ['From', 'Date', 'Subject'].flatMap((name) => {
    const value = decodeHeader(headers.get(name.toLowerCase()) ?? '');
    return value ? [`${name}: ${value}`] : [];
  });
  return [['[A mail within this one]', ...lines].join('\n'), text.trimEnd()].filter(Boolean).join('\n\n');
}

/** Nothing is kept of what nobody asks for, so that very many parts take up little. */
function forgetBody(node: MimeNode): void {
  node.contentDecoder = null;
  const nothing = { value: '', parsed: { value: '', params: {} } };
  Object.assign(node.contentDisposition, nothing);
  if (!kindOf(node).startsWith('multipart/')) Object.assign(node.contentType, nothing);
}

function headersOf({ headers }: MimeNode): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of headers) {
    const before = found.get(key);
    if (before === undefined) found.set(key, value);
    else if (key === 'to' || key === 'cc') found.set(key, `${before}, ${value}`);
  }
  return found;
}

/** A string that is cut out of another one keeps that in memory: here all the headers, and the piece of the file. */
function shortCopy(name: string): string {
  return Buffer.from(name.slice(0, maxNameLength)).toString();
}
