// Formats rows as a table for the terminal, one column per property.

export function table(rows: object[]): string {
  if (rows.length === 0) return '';
  const heads = Object.keys(rows[0]!).map(inWords);
  const cells = rows.map((row) => Object.values(row).map(inCell));
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((cell) => cell[i]!.length)));
  return [heads, ...cells]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** "registeredAt" becomes "registered", "hasSecondFactor" becomes "second factor", "adminSince" becomes "admin". */
function inWords(name: string): string {
  return name
    .replace(/(?!^)(At|On|Since)$/, '')
    .replace(/^has(?=[A-Z])/, '')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trimStart();
}

function inCell(value: unknown): string {
  if (value === null) return '-';
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ');
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return `${value as string | number}`;
}
