// Feeds postal-mime line by line through its untyped internals, so that attachments never get into memory.
import PostalMime, { type Header } from 'postal-mime';

export interface MimeNode {
  depth: number;
  state: 'header' | 'body' | 'finished';
  headers: Header[];
  rawHeaderLines: unknown[];
  parentNode?: MimeNode;
  childNodes: MimeNode[];
  contentType: { parsed: { value: string; params: Record<string, string> } };
  contentDisposition: { parsed: { value: string; params: Record<string, string> } };
  contentTransferEncoding: { encoding: string };
  contentDecoder: unknown; // null drops the body
  content: ArrayBuffer | null; // decoded; set when the part has ended
  feed(line: Uint8Array): void;
}

export interface Boundary {
  value: Uint8Array;
  node: MimeNode;
  line?: string; // the line to match; ours, not postal-mime's
}

export interface MimeTree {
  root: MimeNode;
  currentNode: MimeNode;
  boundaries: Boundary[]; // the open ones, innermost last
  processLine(line: Uint8Array, isLast: boolean): Promise<void>;
  finalize(): Promise<void>;
}

export function createMimeTree(): MimeTree {
  // The caller enforces its own limits.
  const limits = { maxHeadersSize: Number.MAX_SAFE_INTEGER, maxNestingDepth: Number.MAX_SAFE_INTEGER };
  return new PostalMime(limits) as unknown as MimeTree;
}
