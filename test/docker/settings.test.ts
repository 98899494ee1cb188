// docker-compose.yml with the documented settings, as read by Debian's docker-compose 1.29.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { documentedSettings, samples } from '../start/settings.ts';
import { projectFolder } from '../support/program.ts';
import { available } from '../support/required.ts';

interface Service {
  environment: Record<string, string>;
  ports: unknown[];
  command: string[];
}

// Those of the containers, whatever stands in a .env that also serves npm start.
const fixed = new Set(['PORT', 'HOST', 'DATA_DIR', 'DATABASE_URL', 'METRICS_HOST']);
const folder = mkdtempSync(join(tmpdir(), 'pm-compose-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The services as compose understands them, with this .env. */
function render(settings: Record<string, string>): Record<'app' | 'nginx', Service> {
  const file = join(folder, 'env');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const { PATH = '', HOME = '' } = process.env;
  const args = ['--file', 'docker-compose.yml', '--env-file', file, 'config'];
  const rendered = spawnSync('docker-compose', args, {
    cwd: projectFolder,
    env: { PATH, HOME },
    encoding: 'utf8',
  });
  expect(rendered.stderr).toBe('');
  expect(rendered.status).toBe(0);
  return (parse(rendered.stdout) as { services: Record<'app' | 'nginx', Service> }).services;
}

describe.runIf(available('docker-compose'))('docker-compose config', () => {
  test('accepts the file; without settings the defaults apply, at http://localhost', () => {
    const { app } = render({});
    expect(readConfig(app.environment)).toEqual({
      ...readConfig({}),
      databaseUrl: 'postgres://postgres@/postgres?host=/var/run/postgresql',
      publicUrl: 'http://localhost',
      isAddressGiven: true,
      trustProxy: 1,
    });
  });

  test('every documented setting reaches its container', () => {
    const given = Object.fromEntries(
      documentedSettings().map((name) => [name, samples[name]!.right.at(-1) ?? 'postgres://other@db/other']),
    );
    const { app, nginx } = render(given);
    const own = Object.entries(given).filter(([name]) => !fixed.has(name));
    expect({ ...app.environment, ...nginx.environment }).toMatchObject({
      ...Object.fromEntries(own.filter(([name]) => name !== 'HTTP_PORT')),
      PUBLISHED_PORT: given.HTTP_PORT,
      DATABASE_URL: 'postgres://postgres@/postgres?host=/var/run/postgresql',
    });
    expect(readConfig(app.environment)).toBeTruthy();
  });

  test.each([
    ['8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://localhost:8080'],
    ['192.168.1.5:80', 'http://192.168.1.5'],
  ])('HTTP_PORT=%s publishes there, and the app gets the port %s', (port, url) => {
    const { app, nginx } = render({ HTTP_PORT: port });
    for (const part of port.split(':')) expect(JSON.stringify(nginx.ports)).toContain(part);
    expect(readConfig(app.environment).publicUrl).toBe(url);
  });

  test('an invalid FRONT_PROXY ends nginx in one line before it starts', () => {
    const [, , script] = render({}).nginx.command;
    for (const wrong of ['10.0.0.1;', '$(id)', 'proxy', '10.0.0.1\n}']) {
      const ended = spawnSync('sh', ['-c', script!.replaceAll('$$', '$')], {
        env: { PATH: '/bin:/usr/bin', FRONT_PROXY: wrong },
        encoding: 'utf8',
      });
      expect(ended).toMatchObject({ status: 1, stdout: '' });
      expect(ended.stderr).toMatch(/^nginx: Wrong settings: FRONT_PROXY must [^\n]+\n$/);
    }
  });
});
