// Prints the results as a table.

/** What one fault did. */
export interface Outcome {
  tries: number;
  lost: number;
  duplicated: number;
  /** One sentence for each thing that is not as it must be. */
  wrong: string[];
  /** The longest time until all was well again. */
  recoveryMs?: number;
  /** Figures worth knowing. */
  note?: string;
}

export interface Row extends Outcome {
  fault: string;
}

/** A fault that cannot be caused on this machine, and why. */
export class Impossible extends Error {}

export function isWell({ lost, duplicated, wrong }: Outcome): boolean {
  return lost + duplicated + wrong.length === 0;
}

const columns = ['fault', 'tries', 'lost', 'duplicated', 'wrong', 'recovery', 'note'] as const;

export function printTable(rows: Row[]): string {
  const cells = rows.map((row) => [
    row.fault,
    String(row.tries),
    String(row.lost),
    String(row.duplicated),
    String(row.wrong.length),
    row.recoveryMs === undefined ? '' : `${(row.recoveryMs / 1000).toFixed(2)} s`,
    row.note ?? '',
  ]);
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, index) => (index > 0 && index < 6 ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!))).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** The sentences, each once with how often it was found. */
export function countSentences(sentences: string[]): string[] {
  const counts = new Map<string, number>();
  for (const sentence of sentences) counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  return [...counts].map(([sentence, count]) => (count > 1 ? `${sentence} (${count} times)` : sentence));
}
