// Numbers in words.

/** "1 message", "2,000 messages". */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = (bytes / 1000 ** power).toLocaleString('en', { maximumSignificantDigits: 3 });
  return amount === '1' && power === 0 ? '1 byte' : `${amount} ${units[power]}`;
}
