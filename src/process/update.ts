// `npm run update`: backs up, fetches the newest version, installs, migrates and checks it, or goes back to this one.
import { spawn, spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { urlOf } from '../addresses.ts';
import { environmentWith, readSettings } from '../config.ts';
import { exitWithError, StartupError } from '../startup-error.ts';
import { programUser } from '../system-user.ts';

const readyWithinMs = 60_000;
const service = programUser; // its unit, as in service.ts

try {
  await update(readSettings());
} catch (error) {
  exitWithError(error);
}

interface Place {
  host: string;
  port: number;
}

interface Update {
  before: string; // the commit
  isService: boolean;
  needsPackages: boolean;
  needsMigration: boolean;
}

async function update(place: Place): Promise<void> {
  if (git('status', '--porcelain', '--untracked-files=no'))
    throw new StartupError(
      'Files of the program were changed here: undo that first ("git status" lists them).',
    );
  git('fetch', '--quiet');
  if (git('rev-list', '--count', 'HEAD..@{upstream}') === '0')
    return console.log('This is the newest version.');
  if (git('rev-list', '--count', '@{upstream}..HEAD') !== '0')
    throw new StartupError('There are commits here that the newest version lacks: remove them first.');

  const isChanged = (path: string) => git('diff', '--name-only', 'HEAD', '@{upstream}', '--', path) !== '';
  const found: Update = {
    before: git('rev-parse', 'HEAD'),
    isService: spawnSync('systemctl', ['is-active', '--quiet', service]).status === 0,
    needsPackages: isChanged('package-lock.json'),
    needsMigration: isChanged('migrations'),
  };
  if (found.isService) systemctl('stop');
  else if (await isRunning(urlOf(place)))
    throw new StartupError('The program is running: stop it first, and start it again afterwards.');
  await replace(place, found);
}

async function replace(place: Place, found: Update): Promise<void> {
  const { before, isService, needsPackages, needsMigration } = found;
  let backup = '';
  let isMigrated = false;
  try {
    backup = operator('The backup failed', 'backup');
    console.log(`Backed up into ${backup}`);
    git('merge', '--ff-only', '--quiet', '@{upstream}');
    console.log(`Fetched ${git('rev-list', '--count', `${before}..HEAD`)} changes.`);
    if (needsPackages) installPackages();
    console.log(operator('The new version could not migrate the database', 'version'));
    isMigrated = needsMigration;
    if (isService) systemctl('start');
    await (isService ? waitUntilReady(urlOf(place)) : tryOut());
    console.log(isService ? 'It runs.' : 'It was tried out: start it with npm start.');
  } catch (error) {
    const { message } = error as Error;
    if (!isMigrated) goBack(found);
    const back = `git reset --hard ${before.slice(0, 12)} && npm ci`;
    throw new StartupError(
      isMigrated
        ? `${message} The database is migrated already. To go back: ${back}, and restore ${backup} into an empty one.`
        : `${message} The version before stays${isService ? ', and runs again' : ''}.`,
    );
  }
}

function goBack({ before, isService, needsPackages }: Update): void {
  if (isService) systemctl('stop');
  const isReplaced = git('rev-parse', 'HEAD') !== before;
  git('reset', '--hard', '--quiet', before);
  if (isReplaced && needsPackages) installPackages();
  if (isService) systemctl('start');
}

function systemctl(verb: 'start' | 'stop'): void {
  run(`The service could not be ${{ start: 'started', stop: 'stopped' }[verb]}`, 'systemctl', verb, service);
}

function git(...args: string[]): string {
  return run(`git ${args[0]} failed`, 'git', ...args);
}

function operator(failure: string, command: string): string {
  return run(failure, process.execPath, 'src/start.js', 'src/operator/run.ts', command);
}

function installPackages(): void {
  run('npm ci failed', 'npm', 'ci', '--no-audit', '--no-fund');
  console.log('Installed the packages.');
}

/** What the program prints. Throws with the last line of its complaint. */
function run(failure: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  const said = (error?.message ?? stderr).trim().split('\n').at(-1)!.replace('private-messages: ', '');
  throw new StartupError(`${failure}: ${said.replace(/\.?$/, '.')}`);
}

/** Starts it at a free port of this machine, and ends it again. */
async function tryOut(): Promise<void> {
  const place = { host: '127.0.0.1', port: await freePort() };
  const env = environmentWith({ HOST: place.host, PORT: String(place.port), METRICS: 'off' });
  const program = spawn(process.execPath, ['src/start.js'], { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => program.once('close', () => resolve()));
  try {
    await Promise.race([waitUntilReady(urlOf(place)), ended.then(() => fail('ends at its start'))]);
  } finally {
    program.kill();
    await ended;
  }
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!(await answers(url, '/readyz'))) {
    if (Date.now() > deadline) fail('does not answer');
    await sleep(250);
  }
}

function fail(what: string): never {
  throw new StartupError(`The new version ${what}.`);
}

function answers(url: string, path: string): Promise<boolean> {
  return fetch(url + path, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Unless nothing listens there: a busy program may not answer in time. */
function isRunning(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    ({ cause }: Error) => (cause as { code?: unknown } | undefined)?.code !== 'ECONNREFUSED',
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
