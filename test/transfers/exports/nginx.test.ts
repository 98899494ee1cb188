// An export through nginx is streamed, without buffering on disk.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { castBehindNginx, type CastBehindNginx } from '../../support/cast.ts';
import { registered } from '../../support/person.ts';
import { available } from '../../support/required.ts';
import { unzip } from '../../support/zip.ts';
import { beginExport, fillMailbox, readRest, readSome, untilNoRun } from './exporting.ts';

const many = 6000;

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let site: CastBehindNginx;
  beforeAll(async () => {
    // It waits less long for a client or an app that does nothing at all.
    site = await castBehindNginx({
      'send_timeout 15s;': 'send_timeout 4s;',
      'proxy_read_timeout 15s;': 'proxy_read_timeout 4s;',
    });
    await fillMailbox(site.app.databaseUrl, 'alice', many, 1900);
  });
  afterAll(() => site?.close());

  test('a slow reader gets everything, and nothing is buffered on disk', async () => {
    const { app, nginx, alice } = site;
    const answer = await beginExport(nginx.url, alice);
    const chunks = [await readSome(answer)];
    for (let round = 0; round < 8; round += 1) {
      await sleep(700);
      chunks.push(await readSome(answer, 500_000));
    }
    const zip = await readRest(answer, Buffer.concat(chunks));
    expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(many);
    expect(nginx.complaints()).not.toMatch(/temporary file/);
    await untilNoRun(app.pool);
  }, 60_000);

  test.each(['drafts', 'messages'])(
    'an export that cannot be completed is not a valid zip: %s',
    async (table) => {
      const { app, nginx } = site;
      const person = await registered(nginx.url, `from-${table}`);
      await fillMailbox(app.databaseUrl, person.username, many, 1900);
      const texts = Array.from({ length: 120 }, () => randomBytes(75_000).toString('base64'));
      const db = new pg.Client({ connectionString: app.databaseUrl });
      await db.connect();
      await db.query(
        `insert into drafts (owner_id, id, recipient, body, saved_at)
       select u.id, gen_random_uuid(), '', body, now() from users u, unnest($2::text[]) body where username = $1`,
        [person.username, texts],
      );
      const answer = await beginExport(nginx.url, person);
      expect(answer.statusCode).toBe(200);
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      const ended = new Promise<Error | undefined>((resolve) =>
        answer.on('error', resolve).on('end', () => resolve(undefined)),
      );
      answer.pause(); // so that much is left when the table goes away
      await db.query(`alter table ${table} rename to away`);
      answer.resume();
      const error = await ended;
      await db.query(`alter table away rename to ${table}`);
      await db.end();
      expect(error?.message).toBe('aborted');
      const bytes = Buffer.concat(chunks);
      expect(bytes.includes('PK\x05\x06')).toBe(false);
      await expect(unzip(bytes)).rejects.toThrow(/end of central directory/i);
      await untilNoRun(app.pool);
      expect((await beginExport(nginx.url, person)).statusCode).toBe(200);
    },
  );

  test('a closed connection is detected', async () => {
    const { app, nginx, alice } = site;
    const answer = await beginExport(nginx.url, alice);
    await readSome(answer);
    answer.destroy();
    await untilNoRun(app.pool);
  });
});
