// Worker thread that reads files; it produces one batch per request, so it never runs ahead.
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Contacts } from '../contacts-record.ts';
import type { OwnCopy } from '../message-record.ts';
import { emptyReport, type ImportReport } from './import-report.ts';
import { readFile } from './read-file.ts';
import { Unreadable } from './unreadable.ts';

export type ReaderRequest = { fd: number; ownAddresses: string[] } | 'next';

export type ReaderReply = { bytesRead: number } & (
  | { kind: 'batch'; copies: OwnCopy[] }
  | { kind: 'end'; report: ImportReport; contacts: Contacts }
  | { kind: 'unreadable' | 'failed'; message: string; report: ImportReport }
);

// While a file yields no messages, progress is reported this often.
const progressMs = 500;
const lowPriority = 19;

interface OpenFile {
  batches: AsyncIterator<OwnCopy[]>;
  report: ImportReport;
  contacts: Contacts;
  bytesRead: number;
}

let file: OpenFile | undefined;

// Only Linux sets the priority of the thread alone; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(lowPriority);
parentPort!.on('message', (request: ReaderRequest) => {
  if (request !== 'next') file = open(request.fd, request.ownAddresses);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void next(file!).then((reply) => parentPort!.postMessage(reply));
});

function open(fd: number, ownAddresses: string[]): OpenFile {
  const opened: OpenFile = {
    batches: undefined as never,
    report: emptyReport(),
    contacts: { accepted: [], blocked: [] },
    bytesRead: 0,
  };
  opened.batches = readFile(fd, {
    report: opened.report,
    contacts: opened.contacts,
    ownAddresses: new Set(ownAddresses.map((address) => address.trim().toLowerCase())),
    onProgress: (bytesRead) => (opened.bytesRead = bytesRead),
  });
  return opened;
}

async function next({ batches, report, contacts, ...rest }: OpenFile): Promise<ReaderReply> {
  const since = performance.now();
  const bytesRead = () => file?.bytesRead ?? rest.bytesRead;
  try {
    for (;;) {
      const { done, value } = await batches.next();
      if (done) return { kind: 'end', report, contacts, bytesRead: bytesRead() };
      const isDue = value.length > 0 || performance.now() - since > progressMs;
      if (isDue) return { kind: 'batch', copies: value, bytesRead: bytesRead() };
    }
  } catch (error) {
    const kind = error instanceof Unreadable ? 'unreadable' : 'failed';
    return { kind, message: (error as Error).message, report, bytesRead: bytesRead() };
  }
}
