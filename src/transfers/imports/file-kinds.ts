// Detects unsupported file formats by their magic bytes, and says how to convert each to a supported one.
/* oxlint-disable no-control-regex -- the patterns match raw bytes */
import { Unreadable } from './unreadable.ts';

const viaThunderbird =
  'Open it in Thunderbird (with the add-on ImportExportTools NG) or in the program it is from, export the mail ' +
  'there as mbox or eml, and choose that file.';

const kinds: [beginning: RegExp, reason: string][] = [
  [/^!BDN/, `This is a data file of Outlook (PST or OST). ${viaThunderbird}`],
  [/^\xD0\xCF\x11\xE0/, `This is a message of Outlook (MSG) or an old Office document. ${viaThunderbird}`],
  [/^\xCF\xAD\x12\xFE/, `This is a folder of Outlook Express (DBX). ${viaThunderbird}`],
  [/^SQLite format 3/, `This is a database of a mail program (SQLite). ${viaThunderbird}`],
  [
    /^\/\/ <!-- <mdb:mork/,
    'This is the index of a Thunderbird folder. Choose the file beside it, with the same name and no extension.',
  ],
  [/^BABYL OPTIONS/i, `This is a mailbox of Emacs (Babyl). ${viaThunderbird}`],
  [/^\x78\x9F\x3E\x22/, 'This is an attachment of Outlook (winmail.dat), not a mail. Save the mail itself as eml.'],
  [/^7z\xBC\xAF\x27\x1C/, 'This is a 7z archive. Unpack it and choose the mailbox in it, or pack it as a zip.'],
  [/^Rar!\x1A\x07/, 'This is a RAR archive. Unpack it and choose the mailbox in it, or pack it as a zip.'],
  [/^BZh[1-9]/, 'This file is packed with bzip2. Unpack it and choose the result, or pack it as a zip.'],
  [/^\xFD7zXZ\0/, 'This file is packed with xz. Unpack it and choose the result, or pack it as a zip.'],
  [/^\x28\xB5\x2F\xFD/, 'This file is packed with zstd. Unpack it and choose the result, or pack it as a zip.'],
  [/^.{257}ustar/s, 'This is a tar archive. Unpack it and pack the folder as a zip, or choose one mailbox in it.'],
  [/^%PDF-/, 'This is a PDF, in which mail is printed. Export it from the mail program as mbox or eml instead.'],
  [
    /^\s*(?:<!doctype|<html|<\?xml)/i,
    'This is a web page, in which mail is printed. Choose the zip of an export as it is, or export the mail as mbox ' +
      'or eml.',
  ],
  [/^BEGIN:V(?:CARD|CALENDAR)/i, 'These are contacts or appointments, not mail.'],
]; // prettier-ignore

/** Throws Unreadable when a file starts like one of an unsupported format. */
export function refuseOtherKinds(head: Buffer): void {
  const beginning = head.toString('latin1', 0, 512);
  const [, reason] = kinds.find(([pattern]) => pattern.test(beginning)) ?? [];
  if (reason) throw new Unreadable(reason);
}
