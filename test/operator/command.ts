// Runs an operator command in a process of its own.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectFolder } from '../support/program.ts';

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** What `npm run operator -- ARGS` ends with, under these settings, when this is typed. */
export async function runOperator(
  settings: Record<string, string>,
  args: string[],
  typed?: string,
): Promise<Ended> {
  const { PATH = '', STATEMENTS_FILE = '' } = process.env;
  const recorder = pathToFileURL(join(projectFolder, 'test/support/record-statements.ts')).href;
  const program = ['src/start.js', 'src/operator/run.ts'].map((file) => join(projectFolder, file));
  const child = spawn(process.execPath, ['--import', recorder, ...program, ...args], {
    cwd: '/', // away from the developer's .env
    env: { PATH, STATEMENTS_FILE, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // it may not read what is typed
  child.stdin.end(typed);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}
