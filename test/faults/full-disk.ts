// A full disk: a small file system in a mount namespace that ends with its processes.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/postgres-processes.ts';
import { atTheEnd } from './cleanup.ts';
import { unlessInTime } from './in-time.ts';
import { watch } from './invariants.ts';
import { audit, openLedger } from './ledger.ts';
import { sendMessages } from './sending.ts';
import { openSite, type Site } from './site.ts';
import { Impossible, type Outcome } from './table.ts';

const sizeMb = 192;
const recoversWithinMs = 10_000;

export async function fullDisk({ times, seconds }: { times: number; seconds: number }): Promise<Outcome> {
  const disk = await openDisk();
  try {
    const site = await openSite({ people: 12, place: disk });
    try {
      const watching = await watch(site);
      const outcome = await fillUp(site, disk, { times, seconds });
      return { ...outcome, wrong: [...outcome.wrong, ...(await watching.findings())] };
    } finally {
      await site.close();
    }
  } finally {
    await disk.close();
  }
}

async function fillUp(
  site: Site,
  disk: Disk,
  { times, seconds }: { times: number; seconds: number },
): Promise<Outcome> {
  const ledger = openLedger();
  const over = new AbortController();
  let refusals = 0;
  const recoveries: number[] = [];
  const sending = sendMessages(site, ledger, {
    goesOn: () => !over.signal.aborted,
    senders: 6,
    onRefusal: ({ status }) => (refusals += status === 503 ? 1 : 0),
  });
  const wrong: string[] = [];
  try {
    await until(() => ledger.answered() > 100);
    for (let time = 0; time < times; time++) {
      const refused = refusals;
      disk.fill();
      await until(() => refusals > refused + 5, 20_000);
      wrong.push(...(await readMeanwhile(site, seconds)));
      disk.makeRoom();
      const answered = ledger.answered();
      const startedAt = performance.now();
      await until(() => ledger.answered() > answered + 5, 30_000);
      recoveries.push(performance.now() - startedAt);
    }
  } catch (error) {
    wrong.push((error as Error).message);
  } finally {
    disk.makeRoom();
    over.abort();
  }
  wrong.push(...(await sending));
  const found = await site.withDatabase((db) => audit(db, ledger));
  const recoveryMs = Math.max(0, ...recoveries);
  wrong.push(...unlessInTime('the recovery', recoveryMs, recoversWithinMs));
  return {
    ...found,
    tries: times,
    wrong: [...wrong, ...found.wrong],
    recoveryMs,
    note: `${ledger.messages.length} messages, ${refusals} answers 503`,
  };
}

/** Everything that only reads, again and again. */
async function readMeanwhile(site: Site, seconds: number): Promise<string[]> {
  const wrong: string[] = [];
  const reader = site.client(10);
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    for (const path of ['/inbox', '/sent', '/search?q=and', '/drafts', '/send']) {
      const { status } = await reader.get(path);
      if (status !== 200) wrong.push(`${path} was answered ${status}`);
    }
    await sleep(20);
  }
  reader.close();
  return wrong;
}

interface Disk {
  folder: string;
  seenFromHere: string;
  prefix: string[];
  fill(): void;
  makeRoom(): void;
  close(): Promise<void>;
}

async function openDisk(): Promise<Disk> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-disk-'));
  const script = `mount -t tmpfs -o size=${sizeMb}m,mode=755 pm-disk "$0" && echo mounted && exec sleep 900`;
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = atTheEnd(() => {
    holder.kill('SIGKILL');
    rmdirSync(folder);
  });
  const words = await new Promise<string>((resolve) => {
    let stderr = '';
    holder.stderr.on('data', (data: Buffer) => (stderr += String(data)));
    holder.stdout.once('data', (data: Buffer) => resolve(String(data)));
    holder.on('error', (error) => resolve(error.message));
    holder.on('close', () => resolve(stderr));
  });
  if (!words.startsWith('mounted')) {
    await close();
    throw new Impossible(`a file system of one's own may not be mounted here (root may): ${words.trim()}`);
  }
  const seenFromHere = `/proc/${holder.pid}/root${folder}`;
  const filler = join(seenFromHere, 'filler');
  return {
    folder,
    seenFromHere,
    prefix: ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--'],
    fill: () => fillWith(filler),
    makeRoom: () => rmSync(filler, { force: true }),
    close,
  };
}

/** Writes until there is no room for another byte. */
function fillWith(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (let piece = Buffer.alloc(1 << 20); piece.length > 0; piece = piece.subarray(piece.length >> 1)) {
      try {
        for (;;) if (writeSync(descriptor, piece) < piece.length) break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      if (piece.length === 1) break;
    }
  } finally {
    closeSync(descriptor);
  }
}
