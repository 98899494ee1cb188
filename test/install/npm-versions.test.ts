// The README’s first command on a fresh copy, with the oldest npm and Node that should do, and with the newest npm;
// the npm that runs these tests is between them. Downloads, so only with REQUIRE_EVERYTHING=1.
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/program.ts';
import { postgresIn, until } from '../support/postgres-processes.ts';
import { openMachine, type Machine } from './tools.ts';

const { arch } = process;
const machines = [
  // Debian 12 and Ubuntu 24.04; this Node cannot become another, so it stands for it.
  { npm: 'npm 9', packages: [`node-linux-${arch}@18`, 'npm@9'] },
  { npm: 'npm 11', packages: ['npm@11'] },
];

const isDemanded = process.env.REQUIRE_EVERYTHING === '1' && process.platform === 'linux';
if (!isDemanded) console.warn('Fresh installs with npm 9 and 11 are tried with REQUIRE_EVERYTHING=1.');

describe.runIf(isDemanded).each(machines)('$npm', ({ packages }) => {
  let machine: Machine;
  let settings: Record<string, string>;
  let url: string;
  const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
  const isGone = async () => !(await fetch(url).catch(() => undefined));
  const servers = () => postgresIn(join(machine.folder, 'data'));

  beforeAll(async () => {
    machine = await openMachine(packages);
    settings = { PORT: String(await freePort()) };
    url = `http://127.0.0.1:${settings.PORT}`;
    const { code, err } = await machine.run('npm', ['ci', '--omit=dev']);
    expect(code, err).toBe(0);
    expect(existsSync(join(machine.folder, `node_modules/node-linux-${arch}/bin/node`))).toBe(true);
  });
  afterAll(() => machine.remove());

  test('npm start serves, operator commands work meanwhile, and Ctrl-C ends everything', async () => {
    const npm = machine.spawn('npm', ['start'], settings);
    const ended = once(npm, 'close');
    await until(isReady, 60_000);
    const args = ['run', '--silent', 'operator', '--', 'users', 'list', '--json'];
    expect(await machine.run('npm', args, settings)).toMatchObject({ code: 0, out: '[]\n' });
    process.kill(-npm.pid!, 'SIGINT'); // as a terminal does: to npm and to what it started
    await ended;
    expect(await isGone()).toBe(true);
    await expect.poll(servers).toEqual([]);
  });

  const isOldNode = packages.length > 1;
  if (isOldNode)
    test('signals, kills and exit codes behave the same', async () => {
      const killed = machine.spawn('node', ['src/start.js'], settings);
      await until(isReady, 60_000);
      killed.kill('SIGKILL');
      await until(isGone, 5000);

      const asked = machine.spawn('node', ['src/start.js'], settings);
      const ended = once(asked, 'close');
      await until(isReady, 60_000);
      asked.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      await expect.poll(servers).toEqual([]);

      const refused = await machine.run('node', ['src/start.js'], { PORT: 'wrong' });
      expect(refused).toMatchObject({ code: 1, out: '' });
      expect(refused.err).toMatch(/^private-messages: Wrong settings: PORT [^\n]+\n$/);
    });

  if (isOldNode)
    test('without the optional packages, an old Node is refused in one line', async () => {
      rmSync(join(machine.folder, 'node_modules', `node-linux-${arch}`), { recursive: true });
      rmSync(join(machine.folder, 'node_modules/.bin/node'), { force: true });
      const { code, err } = await machine.run('node', ['src/start.js'], settings);
      expect(code).toBe(1);
      expect(err).toMatch(/^This program needs Node \d+ or later; [^\n]+\n$/);
    });
});
