// What an import could not take over as it was: counted, and said on the page afterwards. Nothing is lost in silence.

export interface LeftOut {
  attachments: number;
  /** Mails longer than a message may be, which became several. */
  split: number;
  /** Texts so long that their end was left out. */
  cut: number;
  /** Mails without a date that can be right. */
  undated: number;
  /** Files in the zip that are not needed. */
  files: number;
  /** Letters begun, which a zip from an export has and which are not imported. */
  drafts: number;
}

export const nothingLeftOut = (): LeftOut => ({
  attachments: 0,
  split: 0,
  cut: 0,
  undated: 0,
  files: 0,
  drafts: 0,
});

/** In sentences; '' when everything was taken over. */
export function inSentences({ attachments, split, cut, undated, files, drafts }: LeftOut): string {
  return [
    sentence(attachments, 'attachment was left out', 'attachments were left out'),
    sentence(split, 'long mail became several messages', 'long mails became several messages each'),
    sentence(
      cut,
      'text was too long, so that its end is missing',
      'texts were too long, so that their ends are missing',
    ),
    sentence(undated, 'mail without a date is the oldest now', 'mails without a date are the oldest now'),
    sentence(files, 'other file in the zip was not needed', 'other files in the zip were not needed'),
    sentence(
      drafts,
      'draft was not imported: its text is in account.json',
      'drafts were not imported: their texts are in account.json',
    ),
  ]
    .filter(Boolean)
    .join(' ');
}

function sentence(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count.toLocaleString('en')} ${count === 1 ? one : many}.`;
}
