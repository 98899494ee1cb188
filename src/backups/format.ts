// The backup file: a line with the version, then compressed text, then the SHA-256 of all of that.
// The text is what pg_dump would write, without SQL: a line of JSON (the manifest); for each table a line of JSON, its
// rows as COPY writes them, and the line `\.`; at the end a line of JSON with the count and digest of each table.
import { createHash, hash } from 'node:crypto';
import { StartupError } from '../startup-error.ts';

export const firstLine = 'private-messages backup 1\n';
export const endOfRows = '\\.\n';

export interface Manifest {
  madeAt: string; // by the clock of the database
  migrations: Record<string, string>; // name and SHA-256
  secretKey?: string; // base64
}

export interface TableStart {
  table: string;
  columns: string[];
}

export interface TableSum {
  rows: number;
  digest: string;
}

export interface Trailer {
  sums: Record<string, TableSum>;
}

export const damaged = () =>
  new StartupError('The file is damaged or incomplete. Nothing was changed. Use another backup.');

const newline = 10;
const lanes = 8;

/** Counts rows and adds up the SHA-256 of each: the order in which a table is read makes no difference. */
export class RowSum {
  rows = 0;
  readonly #sum = new Uint32Array(lanes);
  #rest = Buffer.alloc(0);

  add(chunk: Buffer): void {
    let from = 0;
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      const row = chunk.subarray(from, to);
      this.#addRow(this.#rest.length > 0 ? Buffer.concat([this.#rest, row]) : row);
      this.#rest = Buffer.alloc(0);
      from = to + 1;
    }
    if (from < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
  }

  #addRow(row: Buffer): void {
    const digest = hash('sha256', row, 'buffer');
    for (let lane = 0; lane < lanes; lane++) this.#sum[lane]! += digest.readUInt32LE(lane * 4);
    this.rows += 1;
  }

  result(): TableSum {
    return { rows: this.rows, digest: Buffer.from(this.#sum.buffer).toString('hex') };
  }
}

export async function* asItIs(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

const checksumBytes = '\n'.length + 64 + '\n'.length;

/** Adds the first line and the checksum. */
export async function* withChecksum(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const sum = createHash('sha256').update(firstLine);
  yield Buffer.from(firstLine);
  for await (const chunk of chunks) {
    sum.update(chunk);
    yield chunk;
  }
  yield Buffer.from(`\n${sum.digest('hex')}\n`);
}

/** Takes both away. Throws a StartupError at the end if the checksum is wrong, and first if it is another file. */
export async function* withoutChecksum(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const sum = createHash('sha256');
  let held = Buffer.alloc(0);
  let isBegun = false;
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    if (held.length < firstLine.length + checksumBytes) continue;
    const from = isBegun ? 0 : checkFirstLine(held);
    isBegun = true;
    const to = held.length - checksumBytes;
    sum.update(held.subarray(0, to));
    yield held.subarray(from, to);
    held = held.subarray(to);
  }
  if (!isBegun) checkFirstLine(held);
  if (held.toString('latin1') !== `\n${sum.digest('hex')}\n`) throw damaged();
}

function checkFirstLine(start: Buffer): number {
  const line = start.toString('latin1', 0, firstLine.length);
  if (line === firstLine) return firstLine.length;
  if (line !== '' && firstLine.startsWith(line)) throw damaged();
  if (/^private-messages backup \d/.test(line))
    throw new StartupError(
      'The file was made by a newer version of this program: use that version, or a later one.',
    );
  throw new StartupError('The file is not a backup of this program.');
}
