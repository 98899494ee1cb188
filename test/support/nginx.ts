// A real nginx with the shipped configuration, in front of an app on this machine.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, projectFolder } from './program.ts';
import { pathOf } from './required.ts';

export interface Nginx {
  url: string;
  port: number;
  /** The lines of the access log so far. */
  requests(): Record<string, string | number>[];
  /** Its error log, down to warnings, which the shipped configuration omits. */
  complaints(): string;
  /** Where its logs and its temporary files are. */
  folder: string;
  close(): Promise<void>;
}

type Edits = Record<string, string>;

/** Starts nginx in front of `upstream`. `edits` replace words of the shipped configuration, such as a time limit. */
export async function startNginx(upstream: string, edits: Edits = {}): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-nginx-'));
  chmodSync(folder, 0o755); // started by root, nginx works as another user
  const [port, healthPort] = [await freePort(), await freePort()];
  const places = {
    ' /tmp/': ` ${folder}/`, // first: what follows may stand in /tmp itself
    'server app:3000 resolve': `server ${new URL(upstream).host}`,
    '  resolver 127.0.0.11 valid=3s ipv6=off;\n': '',
    'listen 8080;': `listen 127.0.0.1:${port};`,
    'listen 127.0.0.1:8081;': `listen 127.0.0.1:${healthPort};`,
    '/usr/share/nginx/public/': `${projectFolder}public/`,
    '/usr/share/nginx/pages/': `${projectFolder}nginx/pages/`,
    'error_log stderr alert;': `error_log ${folder}/error.log warn;`,
    'access_log /dev/stdout events;': `access_log ${folder}/access.log events;`,
  };
  const shipped = readFileSync(join(projectFolder, 'nginx/nginx.conf'), 'utf8');
  // Only root may choose; the worker then reads this checkout, wherever it is.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, user + edit(shipped, { ...places, ...edits }));

  const started = ['-p', folder, '-c', file, '-e', join(folder, 'error.log'), '-g', 'daemon off;'];
  const child = spawn(pathOf('nginx')!, started, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += String(data)));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + 10_000;
  while (!(await fetch(`http://127.0.0.1:${healthPort}/`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`nginx does not start: ${stderr}`);
    }
    await sleep(20);
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: () =>
      read('access.log')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, string | number>),
    complaints: () => read('error.log'),
    folder,
    close,
  };
}

/** Replaces each of these strings; throws if one does not occur. */
function edit(text: string, edits: Edits): string {
  return Object.entries(edits).reduce((edited, [from, to]) => {
    if (!edited.includes(from)) throw new Error(`nginx.conf does not say "${from}" (any more).`);
    return edited.replaceAll(from, to);
  }, text);
}
