// An export through nginx: passed on as fast as it is taken, and put down nowhere on its way.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { registered, type Person } from '../support/person.ts';
import { available } from '../support/required.ts';
import { beginExport, fillMailbox, readRest, readSome, untilNoRun } from './exporting.ts';

const many = 6000;

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let app: TestApp;
  let nginx: Nginx;
  let alice: Person;
  beforeAll(async () => {
    app = await startApp({ TRUST_PROXY: '1' });
    // It waits less long for a client or an app that does nothing at all.
    nginx = await startNginx(app.url, {
      'send_timeout 15s;': 'send_timeout 4s;',
      'proxy_read_timeout 15s;': 'proxy_read_timeout 4s;',
    });
    alice = await registered(nginx.url, 'alice');
    await fillMailbox(app.databaseUrl, 'alice', many, 1900);
  });
  afterAll(async () => {
    await nginx?.close();
    await app?.close();
  });

  test('who reads slowly, but reads, gets all of it, and nothing is written to a disk', async () => {
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

  test('who has gone away is noticed', async () => {
    const answer = await beginExport(nginx.url, alice);
    await readSome(answer);
    answer.destroy();
    await untilNoRun(app.pool);
  });
});
