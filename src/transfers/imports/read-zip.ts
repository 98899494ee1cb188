// Reads a zip: an export, original or repacked, or folders of mailboxes and mails, such as Google Takeout.
/* oxlint-disable no-control-regex -- the patterns match raw bytes */
import { basename, dirname } from 'node:path/posix';
import { crc32 } from 'node:zlib';
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import type { OwnCopy } from '../message-record.ts';
import { peek } from './byte-streams.ts';
import { addToReport } from './import-report.ts';
import { readAccount } from './read-account.ts';
import { readJson } from './json-messages.ts';
import { isBorder, isMail, mayBeBorder } from './mbox-borders.ts';
import { isGzip, readContent, type Reading } from './read-content.ts';
import { isSentFolder } from './sent-mail.ts';
import { Unreadable } from './unreadable.ts';

export const maxEntries = 20_000;
const ofTheSystem = /(?:^|\/)(?:__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)|\/$|\.msf$/i;
const ownFiles = new Set(['messages.json', 'mailbox.mbox', 'messages.html', 'account.json']);
const mayHoldMail = new RegExp(
  [
    String.raw`\.(?:mbox|mbx|mbs|mboxrd|mboxcl2?|mboxo|eml|emlx|mail|msg|txt|gz)$`,
    String.raw`(?:^|\/)[^./]*$`,
    String.raw`(?:^|\/)\d+\.?$`,
    String.raw`\/(?:cur|new)\/[^/]+$`,
    String.raw`,S=\d+[^/]*$`,
    String.raw`:2,[A-Za-z]*$`,
  ].join('|'),
  'i',
);

export async function* readZip(fd: number, reading: Reading): AsyncGenerator<OwnCopy[]> {
  const zip = await explained(fromFdPromise(fd));
  const entries = await explained(listEntries(zip));
  const { unpack, isAt } = createUnpacker(zip, reading);
  const { own, accounts, others, unneeded } = sort(entries);

  for (const account of accounts) {
    const { drafts, accepted, blocked } = await readAccount(unpack(account));
    if (drafts > 0) addToReport(reading.report, 'drafts', '', drafts);
    reading.contacts.accepted.push(...accepted);
    reading.contacts.blocked.push(...blocked);
  }
  for (const entry of own) {
    const { head, all } = await peek(unpack(entry));
    if (basename(entry.fileName) === 'messages.json') yield* readJson(all);
    else yield* readContent(head, all, { ...reading, isSent: false });
    isAt(entry);
  }
  for (const entry of unneeded) addToReport(reading.report, 'files', basename(entry.fileName));
  let isFound = own.length > 0;
  for (const entry of others) {
    if (mayHoldMail.test(entry.fileName)) {
      const { head, all } = await peek(unpack(entry));
      if (holdsMail(head)) {
        isFound = true;
        yield* readContent(head, all, { ...reading, isSent: isSentFolder(entry.fileName) });
        isAt(entry);
        continue;
      }
      for await (const _ of all) break; // closes the stream
    }
    addToReport(reading.report, 'files', basename(entry.fileName));
  }
  if (!isFound) throw nothingIn(entries);
}

/** Next to the messages.json of an export its other files are redundant. */
function sort(entries: Entry[]) {
  const names = new Set(entries.map(({ fileName }) => fileName));
  const isExport = (folder: string) =>
    [...ownFiles].slice(0, 2).some((name) => names.has(folder === '.' ? name : `${folder}/${name}`));
  const own: Entry[] = [];
  const accounts: Entry[] = [];
  const others: Entry[] = [];
  const unneeded: Entry[] = [];
  for (const entry of entries) {
    const [folder, name] = [dirname(entry.fileName), basename(entry.fileName)];
    const list = folder === '.' ? 'messages.json' : `${folder}/messages.json`;
    if (!isExport(folder)) others.push(entry);
    else if (!ownFiles.has(name)) unneeded.push(entry);
    else if (name === 'messages.json' || (name === 'mailbox.mbox' && !names.has(list))) own.push(entry);
    else if (name === 'account.json') accounts.push(entry);
  }
  return { own, accounts, others, unneeded };
}

async function listEntries(zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > maxEntries) throw new Unreadable('There are too many files in this zip.');
  const entries: Entry[] = [];
  const names = new Set<string>();
  for await (const entry of zip.eachEntry()) {
    if (entry.isEncrypted())
      throw new Unreadable('This zip is encrypted. Please choose one without a password.');
    if (ofTheSystem.test(entry.fileName)) continue;
    if (names.has(entry.fileName)) throw new Unreadable('A file is in this zip twice.');
    names.add(entry.fileName);
    entries.push(entry);
  }
  return entries;
}

function holdsMail(head: Buffer): boolean {
  if (isGzip(head)) return true;
  const text = head
    .toString('latin1')
    .replace(/^(?:\xEF\xBB\xBF|\xFF\xFE|\xFE\xFF)/, '')
    .replaceAll('\0', '');
  const lines = text.split(/\r\n|\n|\r/);
  const start = lines.findIndex((line) => line.trim() !== '' && !/^(?:\d{1,10}\s*|\u0001{4})$/.test(line));
  if (start < 0) return false;
  const [first = '', ...rest] = lines.slice(start);
  return mayBeBorder(first) ? isBorder(first, rest.slice(0, 2), true) : isMail([first, ...rest]);
}

function nothingIn(entries: Entry[]): Unreadable {
  const nothing = 'There is no messages.json, no mailbox and no mail in this zip';
  const inner = entries.find(({ fileName }) => /\.(?:zip|7z|rar|tgz|tar)$/i.test(fileName));
  const outlook = entries.find(({ fileName }) => /\.(?:pst|ost|msg|dbx)$/i.test(fileName));
  const office = entries.some(({ fileName }) => fileName === '[Content_Types].xml');
  if (inner)
    return new Unreadable(
      `${nothing}, but another archive (${basename(inner.fileName)}). Unpack this one, and choose that as a zip.`,
    );
  if (outlook)
    return new Unreadable(
      `${nothing} that can be read: ${basename(outlook.fileName)} is a file of Outlook. ` +
        'Export the mail as mbox or eml.',
    );
  return new Unreadable(office ? 'This is an Office document, not mail.' : `${nothing}.`);
}

function createUnpacker(zip: ZipFile, { onProgress, unpacking }: Reading) {
  let behind = 0; // compressed bytes of the finished entries

  // Counts actual output, since a zip may lie about its sizes. yauzl leaves the CRC-32 to us; it is checked at the
  // end, so callers must be able to roll back what they wrote.
  async function* unpack(entry: Entry): AsyncGenerator<Buffer> {
    unpacking.expect(entry.uncompressedSize);
    const stream = await explained(zip.openReadStreamPromise(entry));
    let size = 0;
    let sum = 0;
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        const next = await explained(chunks.next());
        if (next.done && sum !== entry.crc32) throw damaged();
        if (next.done) return;
        size += next.value.length;
        unpacking.add(next.value.length);
        sum = crc32(next.value, sum);
        const share = entry.uncompressedSize > 0 ? Math.min(1, size / entry.uncompressedSize) : 1;
        onProgress(behind + Math.floor(entry.compressedSize * share));
        yield next.value;
      }
    } finally {
      stream.destroy();
    }
  }
  return { unpack, isAt: (entry: Entry) => (behind += entry.compressedSize) };
}

function damaged(): Unreadable {
  return new Unreadable('This zip is damaged or incomplete.');
}

/** Translates errors of yauzl into Unreadable. */
async function explained<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const isPath = /^(absolute path|invalid relative path|invalid characters in fileName)/.test(
      (error as Error).message,
    );
    if (!isPath) throw damaged();
    throw new Unreadable('A file in this zip has a name that leads out of it. No export makes such a zip.');
  }
}
