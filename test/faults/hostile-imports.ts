// Eight concurrent imports of files that take long to unpack, read and write.
import { setTimeout as sleep } from 'node:timers/promises';
import { formWith, mboxOf, multipart } from '../transfers/imports/importing.ts';
import { zipped } from '../support/zip.ts';
import type { Client } from './client.ts';
import type { HostileDeed } from './hostile-member.ts';

// Made once: whoever measures has to keep its hands free.
let zip: Buffer;
let texts: string[];

export const hostileImports: HostileDeed = {
  atOnce: 8,
  isManyAccounts: true, // one has one import at a time
  async prepare() {
    zip ??= await zipped(mailboxes());
    texts ??= words(300);
  },
  async act(client, goesOn) {
    const form = formWith({ _csrf: await client.token() }, hostileFile());
    const { status } = await client.upload('/account/import', multipart, form);
    return status === 303 ? resultOf(client, goesOn) : `answer ${status}`;
  },
};

/** Half of them take long to read; the others to write, each time anew. */
function hostileFile(): Buffer | string {
  if (Math.random() < 0.5) return zip;
  const mark = Math.random().toString(36);
  return mboxOf(...texts.map((text) => `${from}\n${mark} ${text}`));
}

const pollMs = 250;

/** The result on its page; cancels the import if it takes too long. */
async function resultOf(client: Client, goesOn: () => boolean): Promise<string> {
  for (;;) {
    await sleep(pollMs);
    const { status, text } = await client.get('/account/import');
    if (status !== 200) return `answer ${status}`;
    if (text.includes('data-import="ended"'))
      return /Imported \d|here already/.exec(text) ? 'imported' : 'ended';
    const [, job = ''] = /name="job" value="([^"]+)"/.exec(text) ?? [];
    if (!goesOn()) await client.post('/account/import/cancel', { _csrf: await client.token(), job });
  }
}

const from = 'From: Bob <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n';

function mailboxes(): Record<string, string> {
  const text = 'word '.repeat(1900);
  const parts = (one: string, count: number) =>
    mboxOf(`${from}Content-Type: multipart/mixed; boundary=b\n\n${`--b\n${one}\n`.repeat(count)}`);
  return {
    'hashed.mbox': parts(`\n${text}`, 101),
    'parts.mbox': parts('Content-Type: x/y; name="a"\n\nx', 10_000).repeat(20),
    'pages.mbox': mboxOf(
      `${from}Content-Type: text/html\n\n${'<a href="http://example.org">x<p>'.repeat(30_000)}`,
    ).repeat(10),
    'words.mbox': mboxOf(`${from}Subject: ${'=?utf-8?q?a?= '.repeat(1400)}\n\nx`).repeat(200),
    'lengths.mbox': mboxOf(`${from}Content-Length: 3900000\n\nFrom `).repeat(5000),
  };
}

function words(count: number): string[] {
  const word = () => Math.random().toString(36).slice(2, 10);
  return Array.from({ length: count }, () => Array.from({ length: 1000 }, word).join(' '));
}
