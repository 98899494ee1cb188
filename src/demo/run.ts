// `npm run demo`: fills an empty database with users and messages, for trying out and for screenshots.
import { randomBytes, randomUUID } from 'node:crypto';
import { createHasher } from '../accounts/passwords.ts';
import { createAccount, setDisplayName } from '../accounts/queries.ts';
import { openUsedUsernames } from '../accounts/used-usernames.ts';
import { readSettings } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { asSystem } from '../database/owner.ts';
import type { Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { sendMessage } from '../mailbox/compose/send-message.ts';
import type { FirstContact } from '../mailbox/contacts/first-contact.ts';
import { acceptPeople } from '../mailbox/contacts/queries.ts';
import type { Quota } from '../mailbox/usage.ts';
import { createEncryption, type Encryption } from '../secrets/encryption.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import { exitWithError, StartupError } from '../startup-error.ts';
import { messages, password, people, request, stranger, type DemoMessage } from './messages.ts';

try {
  await run();
} catch (error) {
  exitWithError(error);
}

async function run(): Promise<void> {
  const config = readSettings();
  const database = await openDatabase(config, console.error);
  try {
    const hash = await createHasher(config.password).hash(password);
    await asSystem(() =>
      fill(database.pool, createEncryption(readSecretKey(config.dataDir)), config.mailbox, hash),
    );
  } finally {
    await database.close();
  }
  console.log(
    `Done: ${Object.keys(people).join(', ')} can log in with the password "${password}". Now: npm start`,
  );
}

async function fill(pool: Pool, encryption: Encryption, mailbox: Quota, passwordHash: string): Promise<void> {
  const { rowCount } = await pool.query('select from users limit 1');
  if (rowCount) throw new StartupError('This database already has users: the demo needs an empty one.');

  const hashUsername = await openUsedUsernames(pool, encryption, console.error);
  const ids = new Map<string, string>();
  const addPerson = async (name: string, displayName: string | null): Promise<void> => {
    const account = await transaction(pool, (db) => createAccount(db, hashUsername, name, passwordHash));
    if (account === 'taken') return;
    ids.set(name, account.id);
    await setDisplayName(pool, account.id, displayName);
  };
  for (const [name, displayName] of Object.entries(people)) await addPerson(name, displayName);
  const send = ([from, to, minutesAgo, body]: DemoMessage, firstContact: FirstContact) =>
    sendMessage(
      pool,
      { perMinute: messages.length, newPeoplePerDay: messages.length, mailbox, firstContact },
      {
        from: ids.get(from)!,
        to: [to],
        body,
        sentAt: new Date(Date.now() - minutesAgo * 60_000),
        digest: randomBytes(32),
        draftId: randomUUID(),
      },
    );
  for (const message of messages) await send(message, 'inbox');
  for (const id of ids.values())
    await acceptPeople(
      pool,
      id,
      [...ids.values()].filter((other) => other !== id),
    );
  await addPerson(stranger, null);
  await send(request, 'requests');
  for (const id of ids.values())
    await pool.query(
      `delete from unread where owner_id = $1 and id in (
         select id from messages where owner_id = $1 and sent_at < now() - interval '2 hours')`,
      [id],
    );
}
