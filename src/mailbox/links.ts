// Web addresses within a message, found so that a view can make links of them and escape everything.
import { LinkifyIt } from 'linkify-it';

export interface Piece {
  text: string;
  /** Where it leads, if it is a web address. */
  href?: string;
}

// Only what is written out as http:// or https://. No guessing: "bob.md" is a file and "javascript:" is an attack.
const finder = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
for (const schema of ['ftp:', 'mailto:', '//']) finder.add(schema, null);

/** The text in pieces, in order; joined they are the text. */
export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const link of finder.match(text) ?? []) {
    if (link.index > end) pieces.push({ text: text.slice(end, link.index) });
    pieces.push({ text: link.raw, href: link.url });
    end = link.lastIndex;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
