// A parsed mail, and the budget that bounds what the parser may keep.

export interface Mail {
  /** By lower-case name, unfolded but not decoded; the first of several, but `to` and `cc` are joined. */
  headers: Map<string, string>;
  text: string;
  content: Buffer | undefined; // set if the mail is a single text
  attachments: LeftAttachments;
  isCut: boolean; // whether a limit on texts or parts was reached
}

export interface LeftAttachments {
  count: number;
  names: string[]; // of the first ones; '' if unnamed
}

export interface Budget {
  attachments: LeftAttachments;
  length: number; // of all texts, in bytes as encoded in the mail
  texts: number;
  parts: number;
  isCut: boolean;
}

export interface MailParser {
  line(line: string): Promise<void> | undefined;
  isWithinParts(): boolean; // whether a multipart is still open
  end(): Promise<Mail>;
}

export function createBudget(): Budget {
  return { attachments: { count: 0, names: [] }, length: 0, texts: 0, parts: 0, isCut: false };
}
