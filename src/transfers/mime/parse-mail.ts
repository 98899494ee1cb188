// Parses one mail line by line: keeps its texts and skips attachments before they use memory.
import { createHeaderLines } from './header-lines.ts';
import { decodeHeader } from './headers.ts';
import { createBudget, type Budget, type Mail, type MailParser } from './mail.ts';
import { listTexts } from './mail-text.ts';
import { createMimeTree, type Boundary, type MimeNode } from './mime-tree.ts';
import { bytesOf, chooseBody, kindOf, nameOf, type PartBody } from './part-body.ts';
import { decodeRawBytes } from './raw-headers.ts';
import { joinTexts } from './text-parts.ts';

// The rest of the mail is skipped: a file can hold millions of empty parts.
const maxParts = 10_000;
const maxDepth = 100;
const maxEmbedded = 5;
const maxNames = 20;
const maxNameLength = 200;

/** Takes lines without line ends, each byte as one character (latin1). */
export function createMailParser(): MailParser {
  return parserWithin(createBudget(), 0);
}

function parserWithin(budget: Budget, embedded: number): MailParser {
  const tree = createMimeTree();
  const headerLines = createHeaderLines(tree);
  const bodies = new Map<MimeNode, PartBody>();
  let charset = ''; // the first one declared

  function leaveOut(name = ''): void {
    const { attachments } = budget;
    attachments.count += 1;
    if (attachments.names.length < maxNames)
      attachments.names.push(shortCopy(decodeHeader(decodeRawBytes(name, charset))));
  }

  function endHeaders(): void {
    const node = tree.currentNode;
    node.feed(Buffer.alloc(0));
    budget.parts += 1;
    Object.assign(node, { rawHeaderLines: [], headerLines: [] });
    if (node !== tree.root) node.headers = [];
    charset ||= node.contentType.parsed.params.charset ?? '';
    const isTooDeep = kindOf(node).startsWith('multipart/') && node.depth >= maxDepth;
    const boundary = tree.boundaries.at(-1);
    if (boundary?.node === node) {
      if (isTooDeep) tree.boundaries.pop();
      else nameBoundary(boundary);
    }
    const openEmbedded = () => (embedded < maxEmbedded ? parserWithin(budget, embedded + 1) : undefined);
    const body: PartBody = isTooDeep
      ? { kind: 'attachment' }
      : chooseBody(node, node === tree.root, budget, openEmbedded, leaveOut);
    bodies.set(node, body);
    if (body.kind === 'attachment') leaveOut(nameOf(node));
    if (body.kind !== 'text') forgetBody(node);
  }

  function headerLine(line: string): Promise<void> | undefined {
    const text = headerLines.line(line);
    return text && endHeadersBefore(text);
  }

  function endHeadersBefore(text: string[]): Promise<void> | undefined {
    endHeaders();
    return text.length > 0 ? readAll(text) : undefined;
  }

  async function readAll(lines: string[]): Promise<void> {
    for (const line of lines) await read(line);
  }

  function isBoundary(line: string): boolean {
    if (!line.startsWith('--') || tree.boundaries.length === 0) return false;
    const words = line.trimEnd();
    return tree.boundaries.some((boundary) => words === boundary.line || words === `${boundary.line}--`);
  }

  /** Undeclared boundaries are common: accepts what looks like one beside the declared one. */
  async function adoptBoundary(line: string, next: string): Promise<void> {
    const boundary = { value: bytesOf(line.slice(2)), node: tree.currentNode };
    nameBoundary(boundary);
    tree.boundaries.push(boundary);
    await passBoundary(line);
    await read(next);
  }

  async function passBoundary(line: string): Promise<void> {
    if (headerLines.isBegun()) await endHeadersBefore(headerLines.end());
    const before = tree.currentNode;
    await tree.processLine(bytesOf(line.trimEnd()), false);
    tree.boundaries = tree.boundaries.filter(({ node }) => node.state !== 'finished');
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
    // Anything after the last boundary is ignored.
    const body = state === 'body' ? bodies.get(tree.currentNode) : undefined;
    const boundary = body?.kind === 'multipart' ? body.boundaryBefore(line) : undefined;
    if (boundary !== undefined) return adoptBoundary(boundary, line);
    return body && 'line' in body ? (body.line(line) ?? undefined) : undefined;
  }

  async function end(): Promise<Mail> {
    if (tree.currentNode.state === 'header') await endHeadersBefore(headerLines.end());
    await tree.finalize();
    const parts = await listTexts(tree.root, bodies);
    const only = bodies.get(tree.root);
    return {
      headers: headersOf(tree.root, charset),
      text: joinTexts(parts),
      content: only?.kind === 'text' ? parts[0]!.content : undefined,
      attachments: budget.attachments,
      isCut: budget.isCut,
    };
  }
  return { line: read, isWithinParts: () => tree.boundaries.length > 0, end };
}

/** Drops unused fields, so that a great many parts use little memory. */
function forgetBody(node: MimeNode): void {
  node.contentDecoder = null;
  const nothing = { value: '', parsed: { value: '', params: {} } };
  Object.assign(node.contentDisposition, nothing);
  if (!kindOf(node).startsWith('multipart/')) Object.assign(node.contentType, nothing);
}

/** Trailing white space is not part of a boundary (RFC 2046, 5.1.1). */
function nameBoundary(boundary: Boundary): void {
  const value = Buffer.from(boundary.value).toString('latin1').trimEnd();
  Object.assign(boundary, { value: bytesOf(value), line: `--${value}` });
}

function headersOf({ headers }: MimeNode, charset: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value: raw } of headers) {
    const value = decodeRawBytes(raw, charset);
    const before = found.get(key);
    if (before === undefined) found.set(key, value);
    else if (key === 'to' || key === 'cc') found.set(key, `${before}, ${value}`);
  }
  return found;
}

/** A copy, because a substring keeps its source in memory: all headers, and the chunk of the file. */
function shortCopy(name: string): string {
  return Buffer.from(name.slice(0, maxNameLength)).toString();
}
