// An upload meets a full disk: it is refused, never truncated.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { spool } from '../../../src/transfers/imports/spool.ts';
import { projectFolder } from '../../support/program.ts';

// Takes so many bytes in pieces of 64,000, and says what became of them.
const script = `
import { Readable } from 'node:stream';
import { spool } from '${projectFolder}src/transfers/imports/spool.ts';
const pieces = (size) => Array.from({ length: Math.ceil(size / 64_000) }, (_, n) => Buffer.alloc(Math.min(64_000, size - n * 64_000), 'x'));
for (const size of process.argv.slice(1).map(Number)) {
  const kept = await spool(Readable.from(pieces(size)), { folder: '${tmpdir()}' }).then((file) => file.stat(), (error) => error);
  console.log(kept.size ?? kept.message);
}`;

test('a chunk that fits only partly is refused as a whole', () => {
  // No file may be larger than 200 kB here: as on a disk that gets full, the system writes less than it was asked to.
  const limited = `trap '' XFSZ; ulimit -f 200; exec "$0" --input-type=module -e "$@"`;
  const args = ['-c', limited, process.execPath, script, '128000', '204800', '220000', '300000'];
  const said = String(execFileSync('bash', args)).trim().split('\n');
  const refusal = 'The server has no room for this file at the moment. Nothing was imported.';
  expect(said).toEqual(['128000', '204800', refusal, refusal]);
});

test('a file that would fill the disk is refused before it is sent or read', async () => {
  let taken = 0;
  const stream = (async function* () {
    taken += 1;
    yield Buffer.from('x');
  })();
  const asked = spool(stream, { folder: tmpdir(), expected: 1e15 });
  await expect(asked).rejects.toMatchObject({ status: 503, retryAfter: 60 });
  expect(taken).toBe(0);
});
