// A zip with one flipped bit: refused, or imported completely.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OwnCopy } from '../../../src/transfers/message-record.ts';
import { emptyReport } from '../../../src/transfers/imports/import-report.ts';
import { readMessages } from '../../../src/transfers/imports/open-file.ts';
import { Unreadable } from '../../../src/transfers/imports/unreadable.ts';
import { exportOf } from '../exports/exporting.ts';
import { cast } from '../../support/cast.ts';
import { unzip, zipped } from '../../support/zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-damaged-'));
let exported: Buffer;
const { app, alice } = await cast();
beforeAll(async () => {
  await alice.send('alice', 'At noon, on foot');
  exported = await exportOf(app.url, alice);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

/** All messages in this zip; undefined when it is refused. */
async function messagesIn(zip: Buffer): Promise<OwnCopy[] | undefined> {
  const path = join(folder, 'zip');
  writeFileSync(path, zip);
  const file = await open(path);
  try {
    return (
      await Array.fromAsync(
        readMessages(file, { report: emptyReport(), signal: new AbortController().signal }),
      )
    ).flat();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return undefined;
  } finally {
    await file.close();
  }
}

test.each([
  ['as an export packs it', () => exported],
  [
    'only put together',
    async () => zipped({ 'messages.json': (await unzip(exported)).get('messages.json')! }, false),
  ],
])('a flipped bit in each byte of a zip %s', async (_, make) => {
  const zip = await make();
  const whole = await messagesIn(zip);
  expect(whole).toHaveLength(2);
  let refused = 0;
  for (let position = 0; position < zip.length; position += 1) {
    const changed = Buffer.from(zip);
    changed[position]! ^= 1 << (position % 8);
    const found = await messagesIn(changed);
    // If the name becomes one in a folder, the mailbox is another file with the same messages, written once.
    const written = found && [...new Map(found.map((copy) => [copy.id, copy])).values()];
    if (written) expect(written, `at ${position} of ${zip.length}`).toEqual(whole);
    else refused += 1;
  }
  expect(refused).toBeGreaterThan(200);
});
