// Uncaught errors are logged, and the process shuts down and is replaced; blocked log readers do not prevent it.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { projectFolder, type Program } from '../support/program.ts';
import { newFolder, postgresIn, postgresLog, start, until, usedSite, workersOf } from './site.ts';

const failing = pathToFileURL(join(projectFolder, 'test/support/failing.js')).href;
const nodeArgs = ['--import', failing];

/** The lines of the log that tell of an error that nothing caught. */
function fatalLines(program: Program): { err: { message: string; stack: string } }[] {
  const lines = program.stdout().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 60);
}

test('an uncaught error that is thrown ends the program gracefully and is logged', async () => {
  const site = await usedSite();
  const program = await start({ ...site, LOG_LEVEL: 'fatal' }, { nodeArgs });
  program.process.kill('SIGUSR2');
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(fatalLines(program)).toMatchObject([{ msg: 'uncaught', err: { message: 'thrown by the test' } }]);
  expect(program.stderr()).toContain('Start it again.');
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
  expect(postgresLog(site.DATA_DIR!)).toContain('database system is shut down');
});

test('one that is rejected ends one of several processes, which is replaced', async () => {
  const program = await start(
    { ...calmSettings, DATABASE_URL: await createDatabase(), WEB_CONCURRENCY: '2', LOG_LEVEL: 'fatal' },
    { nodeArgs },
  );
  await until(() => workersOf(program).length === 2);
  const [first, second] = workersOf(program);
  process.kill(first!, 'SIGWINCH');
  await until(() => workersOf(program).length === 2 && !workersOf(program).includes(first!));
  expect(workersOf(program)).toContain(second);
  expect(fatalLines(program)).toMatchObject([{ msg: 'uncaught', err: { message: 'rejected by the test' } }]);
  expect(program.stderr()).toContain('Another process takes its place.');
  expect((await program.end()).code).toBe(0);
});

/** Everything that is logged from now on waits for a reader. */
async function logMuch(program: Program): Promise<void> {
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${program.url}/nothing`)));
}

test('SIGTERM ends the program while nobody reads its log pipe', async () => {
  const pipe = join(newFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDWR);
  onTestFinished(() => closeSync(reader));
  const settings = { ...calmSettings, DATABASE_URL: await createDatabase(), LOG_LEVEL: 'info' };
  const program = await start(settings, { prefix: ['sh', '-c', 'exec "$@" > "$0"', pipe] });
  await logMuch(program);
  expect(await program.end()).toMatchObject({ code: 0 });
});

test('and while nobody reads its log socket', async () => {
  const settings = { ...calmSettings, DATABASE_URL: await createDatabase(), LOG_LEVEL: 'info' };
  const program = await start(settings);
  program.process.stdout!.pause();
  await logMuch(program);
  const exited = new Promise((resolve) => program.process.once('exit', resolve));
  program.process.kill('SIGTERM');
  await exited;
  program.process.stdout!.resume();
  await program.ended;
});
