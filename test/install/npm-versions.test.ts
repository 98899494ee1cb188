// The README's commands on a fresh copy, with other versions of npm and Node. Downloads, so only with
// REQUIRE_EVERYTHING=1.
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
  { npm: 'npm 9', packages: [`node-linux-${arch}@18`, 'npm@9'], install: ['--omit=dev'] },
  // What Node's own installer brings.
  { npm: 'npm 10', packages: [`node-linux-${arch}@22`, 'npm@10'], install: [] },
  { npm: 'npm 11', packages: ['npm@11'], install: ['--omit=dev'] },
];

const isDemanded = process.env.REQUIRE_EVERYTHING === '1' && process.platform === 'linux';
if (!isDemanded) console.warn('Fresh installs with npm 9, 10 and 11 are tried with REQUIRE_EVERYTHING=1.');

describe.runIf(isDemanded).each(machines)('$npm', ({ packages, install }) => {
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
    const { code, err } = await machine.run('npm', ['ci', ...install]);
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

  test('signals, kills and exit codes behave the same under an old Node', async () => {
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

  if (install.length === 0)
    test('npm test checks and tests', async () => {
      const { code, out, err } = await machine.run('npm', ['test', '--', 'test/start/updates.test.ts']);
      expect(code, out + err).toBe(0);
      expect(out).toMatch(/\d+ passed, 0 failed\n$/);
    });

  if (packages.length > 1)
    test('without the optional packages, an old Node is refused in one line', async () => {
      rmSync(join(machine.folder, 'node_modules', `node-linux-${arch}`), { recursive: true });
      rmSync(join(machine.folder, 'node_modules/.bin/node'), { force: true });
      const { code, err } = await machine.run('node', ['src/start.js'], settings);
      expect(code).toBe(1);
      expect(err).toMatch(/^This program needs Node \d+ or later; [^\n]+\n$/);
    });
});
