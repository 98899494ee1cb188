// postal-mime, fed line by line: it reads the headers and the tree of parts, and what it reads is looked at before the
// next line comes, so that attachments never get into memory. It has no name for that in its types, which is made up for
// here and nowhere else.
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
  /** What decodes the body; without one, nothing of it is kept. */
  contentDecoder: unknown;
  /** Decoded; set when the part has ended. */
  content: ArrayBuffer | null;
  feed(line: Uint8Array): void;
}

export interface Boundary {
  value: Uint8Array;
  node: MimeNode;
  /** The line as it is looked for; ours, not the library's. */
  line?: string;
}

export interface MimeTree {
  root: MimeNode;
  currentNode: MimeNode;
  /** Those that can come, the innermost last. */
  boundaries: Boundary[];
  /** A line that may be a boundary. */
  processLine(line: Uint8Array, isLast: boolean): Promise<void>;
  finalize(): Promise<void>;
}

export function createMimeTree(): MimeTree {
  // How much of it there may be is for the one who feeds it to say.
  const limits = { maxHeadersSize: Number.MAX_SAFE_INTEGER, maxNestingDepth: Number.MAX_SAFE_INTEGER };
  return new PostalMime(limits) as unknown as MimeTree;
}
