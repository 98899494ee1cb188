// messages.json of an export: an array with one message per line, so that it can be parsed line by line.
import type { OwnCopy } from '../message-record.ts';

export const jsonStart = '[';
export const jsonEnd = ']';

export async function* writeJson(batches: AsyncIterable<OwnCopy[]>): AsyncGenerator<string> {
  let before = `${jsonStart}\n`;
  for await (const copies of batches) {
    yield before + copies.map(jsonLine).join(',\n');
    before = ',\n';
  }
  yield before === ',\n' ? `\n${jsonEnd}\n` : `${jsonStart}\n${jsonEnd}\n`;
}

function jsonLine({ id, box, other, isNotice, sentAt, trashedAt, isUnread, body }: OwnCopy): string {
  return JSON.stringify({
    id,
    box,
    with: other,
    notice: isNotice,
    sentAt: sentAt.toISOString(),
    unread: isUnread,
    trashedAt: trashedAt?.toISOString() ?? null,
    body,
  });
}
