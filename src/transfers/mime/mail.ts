// What is known of a mail once it has been read, and what it may use up on the way.

export interface Mail {
  /** By name in lower case, their lines joined and nothing decoded; of several with one name the first. */
  headers: Map<string, string>;
  text: string;
  /** The bytes of a mail that is one text. */
  content: Buffer | undefined;
  attachments: LeftAttachments;
  /** Whether a text was too long to be kept whole, or the parts were too many. */
  isCut: boolean;
}

/** What was left out: how many, and the names of the first; '' for one without a name. */
export interface LeftAttachments {
  count: number;
  names: string[];
}

/** What a mail has used up, together with the mails within it. */
export interface Budget {
  attachments: LeftAttachments;
  /** Of the texts, in bytes as they stand in the mail. */
  length: number;
  texts: number;
  parts: number;
  isCut: boolean;
}

export interface MailParser {
  /** To be waited for when it is a promise. */
  line(line: string): Promise<void> | undefined;
  /** Whether there are parts in it that have not ended. */
  isWithinParts(): boolean;
  end(): Promise<Mail>;
}

export function createBudget(): Budget {
  return { attachments: { count: 0, names: [] }, length: 0, texts: 0, parts: 0, isCut: false };
}
