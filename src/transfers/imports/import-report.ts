// Import report: what was skipped or changed, counted by reason, with a few examples of each.

const reasons = {
  attachments: ['attachment was skipped', 'attachments were skipped'],
  split: ['long mail became several messages', 'long mails became several messages each'],
  cut: ['text was too long, and its end was cut off', 'texts were too long, and their ends were cut off'],
  undated: ['mail without a date is the oldest now', 'mails without a date are the oldest now'],
  misdated: [
    'mail had an invalid date, and got its delivery date',
    'mails had invalid dates, and got their delivery dates',
  ],
  unreadable: ['mail could not be read', 'mails could not be read'],
  files: ['other file in the zip was ignored', 'other files in the zip were ignored'],
  blocked: ['person is blocked, as in the file', 'people are blocked, as in the file'],
  drafts: [
    'draft was not imported: its text is in account.json',
    'drafts were not imported: their texts are in account.json',
  ],
} as const;

export type Reason = keyof typeof reasons;

/** JSON-serializable: it is stored, and sent between threads. */
export type ImportReport = Record<Reason, { count: number; examples: string[] }>;

const maxExamples = 5;
const maxExampleLength = 120;

export function emptyReport(): ImportReport {
  return Object.fromEntries(
    Object.keys(reasons).map((reason) => [reason, { count: 0, examples: [] }]),
  ) as unknown as ImportReport;
}

export function addToReport(report: ImportReport, reason: Reason, example = '', count = 1): void {
  const entry = report[reason];
  entry.count += count;
  const isNew = example !== '' && !entry.examples.includes(example);
  if (isNew && entry.examples.length < maxExamples) entry.examples.push(shorten(example));
}

export function inSentences(report: ImportReport): string {
  return sentencesOf(report)
    .map(({ sentence }) => sentence)
    .join(' ');
}

export function sentencesOf(report: ImportReport): { sentence: string; examples: string[] }[] {
  return (Object.keys(reasons) as Reason[])
    .filter((reason) => report[reason].count > 0)
    .map((reason) => {
      const { count, examples } = report[reason];
      const words = reasons[reason][count === 1 ? 0 : 1];
      return { sentence: `${count.toLocaleString('en')} ${words}.`, examples };
    });
}

/** Copies the string: a slice would keep the whole original (docs/decisions/v8-memory.md). */
function shorten(text: string): string {
  const short = text.length > maxExampleLength ? `${text.slice(0, maxExampleLength)} …` : text;
  return Buffer.from(short).toString();
}
