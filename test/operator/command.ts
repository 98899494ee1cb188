// Runs operator commands, in processes of their own or in this one.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readConfig } from '../../src/config.ts';
import { runCommand } from '../../src/operator/perform.ts';
import { projectFolder } from '../support/program.ts';

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** For what a command does. Saves a process, which costs forty times as much as a command. */
export async function runHere(settings: Record<string, string>, args: string[]): Promise<Ended> {
  const { code, out, err } = await runCommand(args, () => readConfig(settings));
  const [printed, noted] = [out, err].map((words) => words && `${words}\n`) as [string, string];
  return { code, out: printed, err: noted };
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
