// Encrypts what a report holds, bound to its reporter and its id.
import type { Encryption } from '../../secrets/encryption.ts';

export interface ReportKey {
  reporterId: string;
  id: string;
}

/** The message as it was, and the words of the reporter. */
export interface ReportContent {
  body: string;
  sentAt: Date;
  /** The names of the sender at that time. */
  from: string;
  displayName: string | null;
  words: string;
}

export function encryptContent(encryption: Encryption, key: ReportKey, content: ReportContent): Buffer {
  return encryption.encrypt(contextOf('report', key), Buffer.from(JSON.stringify(content)));
}

/** Undefined if secret.key is not the key that encrypted it. */
export function decryptContent(
  encryption: Encryption,
  key: ReportKey,
  encrypted: Buffer,
): ReportContent | undefined {
  const decrypted = encryption.decrypt(contextOf('report', key), encrypted);
  if (!decrypted) return undefined;
  const content = JSON.parse(decrypted.toString()) as ReportContent;
  return { ...content, sentAt: new Date(content.sentAt) };
}

/** What administrators answered to the reporter. */
export function encryptAnswer(encryption: Encryption, key: ReportKey, answer: string): Buffer {
  return encryption.encrypt(contextOf('answer to report', key), Buffer.from(answer));
}

/** Undefined if secret.key is not the key that encrypted it. */
export function decryptAnswer(encryption: Encryption, key: ReportKey, encrypted: Buffer): string | undefined {
  return encryption.decrypt(contextOf('answer to report', key), encrypted)?.toString();
}

/** For a new secret.key; unchanged where an interrupted run has done so. Undefined if no key decrypts it. */
export function encryptAnew(
  former: Encryption,
  encryption: Encryption,
  key: ReportKey,
  { encrypted, answer }: { encrypted: Buffer; answer: Buffer | null },
): { encrypted: Buffer; answer: Buffer | null } | undefined {
  const anew = (kind: Kind, bytes: Buffer): Buffer | undefined => {
    const context = contextOf(kind, key);
    if (encryption.decrypt(context, bytes)) return bytes;
    const decrypted = former.decrypt(context, bytes);
    return decrypted && encryption.encrypt(context, decrypted);
  };
  const [content, word] = [anew('report', encrypted), answer && anew('answer to report', answer)];
  return content && word !== undefined ? { encrypted: content, answer: word } : undefined;
}

type Kind = 'report' | 'answer to report';

function contextOf(kind: Kind, { reporterId, id }: ReportKey): string {
  return `${kind} ${reporterId} ${id}`;
}
