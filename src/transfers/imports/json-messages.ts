// Parses the messages.json of an export, one message per line.
import { jsonEnd, jsonStart } from '../exports/json-file.ts';
import type { OwnCopy } from '../message-record.ts';
import { readLines, withoutReturn } from './lines.ts';
import { checkCopy } from './own-copy.ts';
import { Unreadable } from './unreadable.ts';

// A body of 10,000 characters, each as two six-character escapes, takes 120,000.
const maxItemLength = 200_000;

/** Yields the messages in batches. Throws Unreadable when the file is not as an export writes it. */
export async function* readJson(source: AsyncIterable<Buffer>): AsyncGenerator<OwnCopy[]> {
  let isBegun = false;
  let isEnded = false;
  let count = 0;
  let last = '';
  const readLine = (line: string): OwnCopy | undefined => {
    if (isEnded || !isBegun) {
      if (line !== (isEnded ? '' : jsonStart)) throw notOurs();
      isBegun = true;
      return undefined;
    }
    if (line === jsonEnd) {
      isEnded = true;
      return undefined;
    }
    count += 1;
    const copy = checkCopy(parse(line), `Message ${count} in the file`);
    if (copy.id <= last) throw new Unreadable(`Message ${count} in the file comes twice or out of order.`);
    last = copy.id;
    return copy;
  };
  for await (const lines of readLines(source, maxItemLength, 'refuse')) {
    yield lines
      .map(withoutReturn)
      .map(readLine)
      .filter((copy) => copy !== undefined);
  }
  if (!isEnded) throw new Unreadable('The list of messages breaks off before its end.');
}

function parse(line: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(line, 'latin1'),
    );
    return JSON.parse(text.replace(/,$/, ''));
  } catch {
    throw notOurs();
  }
}

function notOurs(): Unreadable {
  return new Unreadable('The list of messages is not as an export writes it: one message in each line.');
}
