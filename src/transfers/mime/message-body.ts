// A part that is an embedded mail, read by its own parser.
import { createDecodedLines } from './decoded-lines.ts';
import type { Mail, MailParser } from './mail.ts';

export interface MessageBody {
  kind: 'message';
  line(line: string): Promise<void> | undefined;
  end(): Promise<Mail>;
}

export function plainMessage(parser: MailParser): MessageBody {
  return { kind: 'message', line: (line) => parser.line(line), end: () => parser.end() };
}

/** RFC 2046, 5.2.1 forbids encoding an embedded mail as a whole, but programs do it. */
export function encodedMessage(encoding: string, parser: MailParser): MessageBody {
  const lines = createDecodedLines(encoding);
  const readAll = async (decoded: string[]) => {
    for (const line of decoded) await parser.line(line);
  };
  return {
    kind: 'message',
    line: (line) => readAll(lines.next(line)),
    async end() {
      await readAll(lines.end());
      return parser.end();
    },
  };
}
