// Asks on the terminal, or reads a line from a pipe.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Undefined at the end of input. */
export async function ask(question: string): Promise<string | undefined> {
  return readLine(question, process.stderr);
}

/** Shows nothing of what is typed. */
export async function askSecretly(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await readLine('', nowhere);
  process.stderr.write('\n');
  return answer;
}

async function readLine(question: string, output: NodeJS.WritableStream): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY ?? false });
  try {
    return await Promise.race([
      terminal.question(question),
      new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined))),
    ]);
  } finally {
    terminal.close();
  }
}
