// What a report says to the person who made it, on a page and in an export.
import type { Encryption } from '../../secrets/encryption.ts';
import { decryptAnswer, decryptContent } from './encrypted.ts';
import type { OwnReport } from './queries.ts';

/** An administrator who sees a form again, or loads a page again, looks once. */
const sameLookMs = 10 * 60 * 1000;

/** Without `content` or `answer` where secret.key is not the key that encrypted them. */
export function describeOwnReport(encryption: Encryption, reporterId: string, report: OwnReport) {
  const { id, other, displayName, encrypted, answer, reportedAt, lookedAt, closedAt } = report;
  const key = { reporterId, id };
  return {
    id,
    other,
    displayName,
    origin: null,
    content: decryptContent(encryption, key, encrypted),
    reportedAt,
    looks: distinctLooks(lookedAt),
    closedAt,
    answer: answer ? decryptAnswer(encryption, key, answer) : '',
  };
}

function distinctLooks(lookedAt: Date[]): Date[] {
  return lookedAt.filter((at, index) => {
    const before = lookedAt[index - 1];
    return !before || at.getTime() - before.getTime() > sameLookMs;
  });
}
