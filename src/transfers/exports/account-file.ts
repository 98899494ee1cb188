// account.json of an export: profile, devices, passkeys, names of contacts, reports and drafts, without secrets.
import { asOwner } from '../../database/owner.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import { highestId } from '../../ids.ts';
import { describeOwnReport } from '../../mailbox/reports/describe.ts';
import { listOwnReportsBefore, type OwnReport } from '../../mailbox/reports/queries.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { describeAgent } from '../../web/user-agents.ts';
import { listDevices } from '../../accounts/devices/queries.ts';
import { listPasskeys } from '../../accounts/passkeys/queries.ts';
import { findFactors } from '../../accounts/second-factor/queries.ts';
import { findProfile, listBegun, listContacts } from './account-queries.ts';

const reportsAtOnce = 25;

interface Exporting {
  pool: Pool;
  config: Pick<Config, 'publicUrl'>;
  encryption: Encryption;
}

export async function* writeAccount(
  { pool: db, config, encryption }: Exporting,
  userId: string,
): AsyncGenerator<string> {
  const [profile, devices, factors, passkeys, contacts] = await asOwner(userId, () =>
    Promise.all([
      findProfile(db, userId),
      listDevices(db, userId),
      findFactors(db, userId),
      listPasskeys(db, userId),
      listContacts(db, userId),
    ]),
  );
  const account = {
    server: config.publicUrl,
    exportedAt: new Date(),
    ...profile,
    devices: devices.map(({ agent, startedAt, seenAt }) => ({
      browser: describeAgent(agent),
      signedInAt: startedAt,
      lastSeenAt: seenAt,
    })),
    secondFactor: { codesSince: factors.codesSince, passkeySince: factors.passkeySince },
    passkeys: passkeys.map(({ name, madeAt, usedAt }) => ({ name, addedAt: madeAt, lastUsedAt: usedAt })),
    contacts,
  };
  yield JSON.stringify(account, undefined, 2).replace(/\n}$/, '');
  yield* writeList('reports', listReports(db, encryption, userId));
  yield* writeList('drafts', listBegun(db, userId));
  yield '\n}\n';
}

/** A further property: an array with one element a line. */
async function* writeList(name: string, elements: AsyncIterable<object>): AsyncGenerator<string> {
  yield `,\n  "${name}": [`;
  let before = '\n    ';
  for await (const element of elements) {
    yield before + JSON.stringify(element);
    before = ',\n    ';
  }
  yield before.startsWith(',') ? '\n  ]' : ']';
}

/** Newest first. */
async function* listReports(db: Pool, encryption: Encryption, userId: string): AsyncGenerator<object> {
  for (let before = highestId; ;) {
    const reports = await asOwner(userId, () => listOwnReportsBefore(db, userId, before, reportsAtOnce));
    for (const report of reports) yield reportOf(encryption, userId, report);
    if (reports.length < reportsAtOnce) return;
    before = reports.at(-1)!.id;
  }
}

function reportOf(encryption: Encryption, userId: string, report: OwnReport) {
  const { other, content, reportedAt, looks, closedAt, answer } = describeOwnReport(
    encryption,
    userId,
    report,
  );
  const { body = null, sentAt = null, words = null } = content ?? {};
  return {
    about: other,
    message: { body, sentAt },
    words,
    reportedAt,
    lookedAt: looks,
    closedAt,
    answer: answer ?? null,
  };
}
