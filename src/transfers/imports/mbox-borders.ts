// Detects the "From " separator lines between the mails of an mbox file.
// No standard is followed: programs vary the line, and not all quote body lines that look like one (RFC 4155).
import { withoutReturn } from './lines.ts';
import { isHeader, isKnownHeader } from '../mime/header-lines.ts';

const month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const dates = [
  `${month}\\s+\\d{1,2},?\\s+(?:\\d{4},?\\s+)?\\d{1,2}:\\d{2}`, // Tue Mar  5 10:00:00 2019
  `\\d{1,2}[ -]${month}[ -]\\d{2,4},?\\s+\\d{1,2}:\\d{2}`, // Tue, 5 Mar 2019 10:00:00 +0100
  `\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}`,
  `(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\\s+${month}\\s+\\d{1,2},?\\s+\\d{4}\\s*$`,
].map((date) => new RegExp(`(?:^|\\s)${date}`, 'i'));

export const linesAhead = 2;

export function mayBeBorder(line: string): boolean {
  return (line.startsWith('From ') && !/^From\s+:/.test(line)) || line === 'From' || line === 'From\r';
}

/** True before two headers. A date needs a header below, or a blank line above and few words: prose has dates too. */
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

/** Whether these lines start a mail outside a mailbox: headers, with a well-known one among them. */
export function isMail(lines: string[]): boolean {
  if (!isHeader(lines[0] ?? '')) return false;
  const end = lines.findIndex((line) => withoutReturn(line) === '');
  return lines.slice(0, Math.min(end < 0 ? Infinity : end, 200)).some(isKnownHeader);
}
