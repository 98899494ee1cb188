// Splits a byte stream into lines, holding at most one chunk and one line in memory.
import { Unreadable } from './unreadable.ts';

/** Yields the lines of each chunk, as latin1 (one character a byte), without line feeds but with carriage returns. */
export async function* readLines(
  source: AsyncIterable<Buffer>,
  maxLength: number,
  tooLong: 'cut' | 'refuse',
): AsyncGenerator<string[]> {
  let pending: string[] = [];
  let length = 0;
  const add = (piece: string) => {
    const kept = piece.slice(0, maxLength - length);
    if (kept.length < piece.length && tooLong === 'refuse')
      throw new Unreadable('A line in this file is too long.');
    if (kept) pending.push(kept);
    length += kept.length;
  };
  const take = () => {
    const line = pending.length === 1 ? pending[0]! : pending.join('');
    pending = [];
    length = 0;
    return line;
  };
  for await (const chunk of source) {
    const pieces = chunk.toString('latin1').split('\n');
    const last = pieces.pop()!;
    const lines = pieces.map((piece) => {
      if (length === 0 && piece.length <= maxLength) return piece;
      add(piece);
      return take();
    });
    add(last);
    yield lines;
  }
  if (length > 0) yield [take()];
}

export function withoutReturn(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end -= 1;
  return end === line.length ? line : line.slice(0, end);
}
