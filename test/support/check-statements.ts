// Fails a test file when the program sent a statement, while it ran, that breaks a rule of sql-dialect.md.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { findFaults } from './dialect.ts';
import { isException } from './dialect-exceptions.ts';
import type { Recorded } from './record-statements.ts';

process.env.STATEMENTS_FILE = join(inject('dataDir'), `statements-${randomUUID()}`);
await import('./record-statements.ts');

afterAll(async () => {
  const file = process.env.STATEMENTS_FILE!;
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const faults: string[] = [];
  for (const { file: source, text } of lines.map((line) => JSON.parse(line) as Recorded)) {
    for (const fault of await findFaults(text, inject('schema')))
      if (!isException(fault, source, text)) faults.push(`${source} ${fault}: ${shorten(text)}`);
  }
  if (faults.length > 0) throw new Error(`SQL outside of the dialect:\n${faults.join('\n')}`);
});

function shorten(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}
