// Where one mail of a mailbox ends and the next one begins. There is no standard for it: each program writes the line
// between two mails in a way of its own, and not all of them quote lines of a text that look like one (RFC 4155).
import { withoutReturn } from './lines.ts';
import { isHeader, isKnownHeader } from '../mime/header-lines.ts';

const month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const dates = [
  `${month}\\s+\\d{1,2},?\\s+(?:\\d{4},?\\s+)?\\d{1,2}:\\d{2}`, // Tue Mar  5 10:00:00 2019
  `\\d{1,2}[ -]${month}[ -]\\d{2,4},?\\s+\\d{1,2}:\\d{2}`, // Tue, 5 Mar 2019 10:00:00 +0100
  `\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}`,
  `(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\\s+${month}\\s+\\d{1,2},?\\s+\\d{4}\\s*$`,
].map((date) => new RegExp(`(?:^|\\s)${date}`, 'i'));

/** How many lines behind it decide what a line is. */
export const linesAhead = 2;

export function mayBeBorder(line: string): boolean {
  return (line.startsWith('From ') && !/^From\s+:/.test(line)) || line === 'From' || line === 'From\r';
}

/**
 * Whether a mail begins here: when a date stands in the line, or two headers follow. A date in a sentence is none: before
 * it there is at most an address, and a header or an empty line beside it.
 */
export function isBorder(line: string, next: string[], isBehindBlank: boolean): boolean {
  const [first = '', second = ''] = next.map(withoutReturn);
  const isHeaderNext = isHeader(first) || /^>?From /.test(first);
  const isHeaderBehind = isHeader(second) || /^[ \t]+\S/.test(second) || /^>?From /.test(second);
  if (isHeaderNext && isHeaderBehind && (isKnownHeader(first) || isKnownHeader(second))) return true;
  const short = line.slice(0, 300);
  const at = dates.map((date) => short.search(date)).find((index) => index >= 0);
  if (at === undefined) return false;
  const words = short.slice('From '.length, at).trim().split(/\s+/).length;
  return isHeaderNext || (isBehindBlank && words <= 4);
}

/** Whether these lines are a mail that stands alone: headers, and one that every mail has among them. */
export function isMail(lines: string[]): boolean {
  if (!isHeader(lines[0] ?? '')) return false;
  const end = lines.findIndex((line) => withoutReturn(line) === '');
  return lines.slice(0, Math.min(end < 0 ? Infinity : end, 200)).some(isKnownHeader);
}
