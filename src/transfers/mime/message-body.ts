// A part that is a mail of its own, read by a parser of its own.
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

/** No mail may be encoded as a whole (RFC 2046, 5.2.1), and programs do it all the same. */
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
