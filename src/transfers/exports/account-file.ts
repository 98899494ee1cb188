// account.json of an export: profile, devices, passkeys, drafts and the names of contacts, without secrets.
import { asOwner } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import { describeAgent } from '../../web/user-agents.ts';
import { listDevices } from '../../accounts/devices/queries.ts';
import { listPasskeys } from '../../accounts/passkeys/queries.ts';
import { findFactors } from '../../accounts/second-factor/queries.ts';
import { findProfile, listBegun, listContacts } from './queries.ts';

export async function* writeAccount(db: Database, userId: string, server: string): AsyncGenerator<string> {
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
    server,
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
  yield `${JSON.stringify(account, undefined, 2).replace(/\n}$/, '')},\n  "drafts": [`;
  let before = '\n    ';
  for await (const draft of listBegun(db, userId)) {
    yield before + JSON.stringify(draft);
    before = ',\n    ';
  }
  yield before.startsWith(',') ? '\n  ]\n}\n' : ']\n}\n';
}
