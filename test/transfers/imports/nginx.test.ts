// An import through nginx is streamed, without buffering on disk.
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxUploadBytes } from '../../../src/transfers/imports/upload.ts';
import { exportOf, fillMailbox, messagesOf } from '../exports/exporting.ts';
import { castBehindNginx, type CastBehindNginx } from '../../support/cast.ts';
import { startNginx } from '../../support/nginx.ts';
import { at, registered } from '../../support/person.ts';
import { available } from '../../support/required.ts';
import { formWith, importFile, imported, multipart, resultOf } from './importing.ts';

describe.skipIf(!available('nginx'))('behind nginx', () => {
  let site: CastBehindNginx;
  beforeAll(async () => {
    site = await castBehindNginx();
  });
  afterAll(() => site?.close());

  test('a zip larger than any other form is imported, and exported again unchanged', async () => {
    const { app, nginx, alice, bob } = site;
    await fillMailbox(app.databaseUrl, 'alice', 2000, 1900);
    const zip = await exportOf(nginx.url, alice);
    expect(zip.length).toBeGreaterThan(4_000_000);
    expect(await imported(bob, zip)).toBe('Imported 2,000 messages.');
    expect(await messagesOf(nginx.url, bob)).toEqual(await messagesOf(nginx.url, alice));
    expect(nginx.complaints()).not.toMatch(/temporary file/);
  });

  test('a file over the limit is refused with a page before it is sent', async () => {
    const { nginx, charlie } = site;
    const form = formWith(await charlie.hidden('/account/import'), '[\n');
    const refusalOf = async (length: number) => {
      const headers = { ...multipart, 'Content-Length': length, Cookie: charlie.cookies() };
      const asked = ask(`${nginx.url}/account/import`, { method: 'POST', headers });
      asked.on('error', () => {});
      asked.write(form);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      const said = load(await text(answer))('.error, h1').text();
      asked.destroy();
      return [answer.statusCode, said];
    };
    expect(await refusalOf(maxUploadBytes + 50_000)).toEqual([
      422,
      'ImportThis file is larger than 2 GB. Nothing was imported.',
    ]);
    expect((await refusalOf(maxUploadBytes + 5_000_000))[0]).toBe(413);
  });

  test('an import continues after the proxy is gone', async () => {
    const { app, nginx } = site;
    const erin = await registered(app.url, 'erin');
    const proxy = await startNginx(app.url);
    const zip = await exportOf(nginx.url, await registered(nginx.url, 'frank'));
    const there = at(proxy.url, erin);
    expect((await importFile(there, zip)).status).toBe(303);
    await proxy.close();
    expect(await resultOf(erin)).toBe('Nothing was imported.');
  });
});
