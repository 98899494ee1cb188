// A row for each user in every table with an owner, and one in others, that registering and writing does not fill.
import type { Pool } from '../../src/database/pool.ts';

const fill = [
  `insert into drafts (owner_id, id, recipient, body, saved_at) select id, gen_random_uuid(), '', 'Draft', now()
    from users`,
  'insert into ended_drafts (owner_id, id, is_sent) select id, gen_random_uuid(), true from users',
  `insert into known_browsers (user_id, hash, seen_at) select id, sha256('other'), now() from users`,
  `insert into recovery_codes (user_id, hashes, made_at) select id, array[sha256('code')], now() from users`,
  `insert into totp (user_id, secret, confirmed_at, last_step) select id, 'x', now(), 1 from users`,
  `insert into passkeys (user_id, id, credential_id, public_key, counter, transports, name)
   select id, gen_random_uuid(), 'x', 'x', 0, '{}', 'Key' from users`,
  `insert into reset_links (user_id, token_hash, drops_second_factor, expires_at) select id, 'x', false, now()
    from users`,
  `insert into invitations (inviter_id, id, token_hash, expires_at) select id, gen_random_uuid(), 'x', now()
    from users`,
  `insert into error_counts (hour, errors) values (date_trunc('hour', now()), 3)`,
  `insert into announcements (id, body) values (gen_random_uuid(), 'To all')`,
  `insert into registrations (id, username, password_hash, line, name_hash)
    values (gen_random_uuid(), 'waiting', '', 'A line', sha256('waiting'))`,
  `insert into deletions (owner_id, id, deleted_at) select id, gen_random_uuid(), now() - interval '1 hour' from users`,
  `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at, looked_at)
    select id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', now(), array[now()] from users`,
  `insert into complaints (owner_id, day) select id, current_date from users`,
  'insert into exports (user_id, run, total) select id, gen_random_uuid(), 1 from users',
  `insert into imports (user_id, job, sid, epoch, bytes_total, own_addresses)
    select id, gen_random_uuid(), '', 0, 1, '' from users`,
];

export async function fillEveryTable(pool: Pool): Promise<void> {
  for (const statement of fill) await pool.query(statement);
}
