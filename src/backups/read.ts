// Reads a backup file as a stream, twice: once to check all of it, then to use it.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { reason } from '../database/embedded/data-folder.ts';
import { StartupError } from '../startup-error.ts';
import { ageLine, decryptWith, type Identity } from './age.ts';
import {
  asItIs,
  damaged,
  endOfRows,
  withoutChecksum,
  type Manifest,
  type TableStart,
  type Trailer,
} from './format.ts';

export interface Source {
  file: string;
  identity?: Identity | undefined; // if it is encrypted
}

/** Undefined if it is not encrypted. */
export async function findEncryption(file: string): Promise<'passphrase' | 'key' | undefined> {
  let start = '';
  try {
    for await (const chunk of createReadStream(file, { end: 200, encoding: 'latin1' }))
      start += chunk as string;
  } catch (error) {
    throw new StartupError(`${file} cannot be read: ${reason(error)}.`);
  }
  if (!start.startsWith(ageLine)) return undefined;
  return start.startsWith('-> scrypt ', ageLine.length) ? 'passphrase' : 'key';
}

/** Throws a StartupError if a single bit of it has changed. */
export async function checkFile({ file, identity }: Source): Promise<void> {
  await pipeline(createReadStream(file), decryptIf(identity), withoutChecksum, async (chunks) => {
    for await (const _ of chunks);
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall ? new StartupError(`${file} cannot be read: ${reason(error)}.`) : error;
  });
}

function decryptIf(identity: Identity | undefined) {
  return identity ? decryptWith(identity) : asItIs;
}

interface Reader {
  onManifest: (manifest: Manifest) => Promise<void>;
  /** Reads all rows: chunks of whole lines, as COPY wants them. */
  onTable: (start: TableStart, rows: AsyncIterable<Buffer>) => Promise<void>;
}

/** Returns the end of the file, with the sums of all tables. */
export async function readBackup(
  { file, identity }: Source,
  { onManifest, onTable }: Reader,
): Promise<Trailer> {
  let trailer: Trailer | undefined;
  await pipeline(
    createReadStream(file),
    decryptIf(identity),
    withoutChecksum,
    createZstdDecompress(),
    async (chunks) => {
      const lines = new Lines(chunks);
      await onManifest((await lines.json()) as Manifest);
      for (;;) {
        const next = (await lines.json()) as TableStart | Trailer;
        if ('sums' in next) trailer = next;
        if ('sums' in next) break;
        await onTable(next, lines.rows());
      }
      await lines.end();
    },
  );
  return trailer!;
}

const newline = 10;

class Lines {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async json(): Promise<unknown> {
    while (!this.#held.includes(newline)) await this.#readOn();
    const to = this.#held.indexOf(newline);
    const line = this.#held.toString('utf8', 0, to);
    this.#held = this.#held.subarray(to + 1);
    return JSON.parse(line);
  }

  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.#findEnd();
      const to = end ?? this.#held.lastIndexOf(newline) + 1;
      if (to > 0) yield this.#held.subarray(0, to);
      this.#held = this.#held.subarray(end === undefined ? to : to + endOfRows.length);
      if (end !== undefined) return;
      await this.#readOn();
    }
  }

  /** What is held begins with a line. In rows, COPY writes a backslash as two. */
  #findEnd(): number | undefined {
    if (this.#held.subarray(0, endOfRows.length).toString() === endOfRows) return 0;
    const before = this.#held.indexOf(`\n${endOfRows}`);
    return before === -1 ? undefined : before + 1;
  }

  async #readOn(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw damaged();
    this.#held = Buffer.concat([this.#held, value]);
  }

  /** To where the checksum is compared. */
  async end(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }
}
