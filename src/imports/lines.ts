// A stream of bytes as lines, never more of it in memory than one chunk and one line.
import { Unreadable } from './unreadable.ts';

/**
 * The lines of each chunk, without their ends, each byte as one character (latin1): what the bytes mean is for the reader
 * to say. Throws Unreadable at a line longer than this.
 */
export async function* readLines(source: AsyncIterable<Buffer>, longest: number): AsyncGenerator<string[]> {
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of source) {
    const pieces = chunk.toString('latin1').split('\n');
    const last = pieces.pop()!;
    if (pieces.length > 0) {
      begun.push(pieces[0]!);
      pieces[0] = begun.join('');
      begun = [];
      length = 0;
    }
    begun.push(last);
    length += last.length;
    if (length > longest || pieces.some((piece) => piece.length > longest))
      throw new Unreadable('A line in this file is too long for one of its kind.');
    yield pieces.map(withoutReturn);
  }
  const rest = begun.join('');
  if (rest) yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
