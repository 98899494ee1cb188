// Loads settings from the file .env in the working folder; the environment takes precedence.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { StartupError } from './startup-error.ts';

const assignment = /^\s*(export\s+)?[A-Za-z_][\w.-]*\s*=\s*(?<quote>["'`])?/;
const quotedValue = /(?<=^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*)(["'`])[^]*?\1/gm;

/** Adds the settings in the file, if it exists, to `env`. Throws a StartupError that names the line but never quotes
 * it. Stricter than process.loadEnvFile, which skips such lines: `REGISTRATION: closed` would leave registration open.
 * */
export function loadEnvFile(env: NodeJS.ProcessEnv, path = '.env'): void {
  const file = resolve(path);
  const text = readText(file);
  if (text === undefined) return;
  refuseOtherLines(file, text);
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ||= value;
}

function readText(file: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)); // strips the BOM
    if (text.includes('\0')) throw new TypeError('NUL');
    // In Node 26, parseEnv reads the next line as the value of a `NAME=` that is followed only by blanks.
    return text.replaceAll('\r\n', '\n').replaceAll(/=[ \t]+$/gm, '=');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const known: Record<string, string> = { EACCES: 'permission denied', EISDIR: 'it is a folder' };
    const cause = error instanceof TypeError ? 'it is not UTF-8 text' : (known[code ?? ''] ?? message);
    throw new StartupError(`Cannot read the settings in ${file}: ${cause}.`);
  }
}

function refuseOtherLines(file: string, text: string): void {
  // A quoted value may span lines: keep their numbers.
  const unquoted = text.replaceAll(quotedValue, (value) => value.replaceAll(/[^\n]/g, ''));
  for (const [index, line] of unquoted.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const { groups } = assignment.exec(line) ?? {};
    if (groups && !groups.quote) continue;
    const expected = groups ? 'has no closing quotation mark' : 'is not NAME=value';
    throw new StartupError(`Cannot read the settings in ${file}: line ${index + 1} ${expected}.`);
  }
}
