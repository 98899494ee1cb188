// An import through nginx: passed on as it is sent, and put down nowhere on its way.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportOf, fillMailbox, lettersOf } from '../exports/exporting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { registered } from '../support/person.ts';
import { available } from '../support/required.ts';
import { importFile, imported } from './importing.ts';

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let app: TestApp;
  let nginx: Nginx;
  beforeAll(async () => {
    app = await startApp({ TRUST_PROXY: '1' });
    nginx = await startNginx(app.url);
  });
  afterAll(async () => {
    await nginx?.close();
    await app?.close();
  });

  test('a zip larger than any other form is imported, and exported again as it was', async () => {
    const alice = await registered(nginx.url, 'alice');
    await fillMailbox(app.databaseUrl, 'alice', 2000, 1900);
    const zip = await exportOf(nginx.url, alice);
    expect(zip.length).toBeGreaterThan(4_000_000);
    const bob = await registered(nginx.url, 'bob');
    expect(await imported(bob, zip)).toBe('Imported 2,000 messages.');
    expect(await lettersOf(nginx.url, bob)).toEqual(await lettersOf(nginx.url, alice));
    expect(nginx.complaints()).not.toMatch(/temporary file/);
  });

  test('a file over the limit is refused by a page', async () => {
    const carol = await registered(nginx.url, 'carol');
    const said = await importFile(carol, Buffer.alloc(200_500_000, '[\n'));
    expect([said.status, said.$('#file-error').text()]).toEqual([
      422,
      'This file is larger than 200 MB. Nothing was imported.',
    ]);
  });
});
