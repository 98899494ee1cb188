// docker-compose.yml with the documented settings, as read by Debian's docker-compose 1.29.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { documentedSettings, samples } from '../start/settings.ts';
import { writeSettings } from '../support/nginx.ts';
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
    given.PUBLIC_URL = `https://${given.DOMAIN}`;
    const { app, nginx } = render(given);
    const own = Object.entries(given).filter(([name]) => !fixed.has(name));
    expect({ ...app.environment, ...nginx.environment }).toMatchObject({
      ...Object.fromEntries(own.filter(([name]) => !/^HTTPS?_PORT$/.test(name))),
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

  test('DOMAIN sets the public address', () => {
    const { app } = render({ DOMAIN: 'letters.example.org', HTTP_PORT: '8080' });
    expect(readConfig(app.environment)).toMatchObject({
      publicUrl: 'https://letters.example.org',
      isHttps: true,
      certificateUrl: 'http://nginx:8082',
    });
  });
});

describe('nginx’s own settings', () => {
  const refused = (settings: Record<string, string>) => {
    try {
      writeSettings(folder, settings);
      return 'accepted';
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  };

  test.each([
    ['FRONT_PROXY', ['10.0.0.1;', '$(id)', 'proxy', '10.0.0.1\n}']],
    // The app refuses more of them, and nginx waits for the app.
    ['DOMAIN', ['a b.example', 'a.example;', '$(id)', 'a.example/|x', '..', 'a.example.', '{DOMAIN}']],
    ['ACME_DIRECTORY', samples.ACME_DIRECTORY!.wrong],
  ])('an invalid %s ends nginx in one line before it starts', (name, wrongOnes) => {
    for (const wrong of wrongOnes)
      expect(refused({ DOMAIN: 'letters.example.org', [name]: wrong }), wrong).toMatch(
        new RegExp(`^nginx: Wrong settings: ${name} must [^\\n]+\\n$`),
      );
  });

  test('without DOMAIN nothing of https is configured', () => {
    writeSettings(folder, { ACME_DIRECTORY: 'nothing', PUBLIC_URL: 'http://a.example' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.conf'))).toEqual([
      'front-proxy.conf',
      'hsts.conf',
    ]);
    expect(readFileSync(join(folder, 'hsts.conf'), 'utf8')).toBe('~. "";\n');
  });

  test.each(samples.ACME_DIRECTORY!.right)('with DOMAIN the certificate comes from %s', (directory) => {
    writeSettings(folder, { DOMAIN: 'letters.example.org', ACME_DIRECTORY: directory, HSTS: 'preload' });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read('https-http.conf')).toContain(`  uri ${directory};\n`);
    expect(read('https-http.conf')).toMatch(/^ {2}state_path \/var\/tmp\/[a-z][\w.-]+;$/m);
    expect(read('https-server.conf')).toContain('acme_certificate authority letters.example.org;');
    expect(read('https-server.conf') + read('https-http.conf')).not.toMatch(/\{[A-Z_]+\}/);
    expect(read('hsts.conf')).toBe('~. "max-age=31536000; includeSubDomains; preload";\n');
  });
});
