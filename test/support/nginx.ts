// A real nginx with the shipped configuration, in front of an app on this machine.
import { execFileSync, spawn } from 'node:child_process';
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
  /** With https: where it answers that, and where it tells the app about its certificate. */
  secureUrl: string;
  certificateUrl: string;
  /** Where its logs and its temporary files are. */
  folder: string;
  close(): Promise<void>;
}

type Edits = Record<string, string>;

/** https as with these settings. Debian's nginx has no ACME client: a certificate and its key take its place. */
export interface Https {
  settings: Record<string, string>;
  pem: { certificate: string; key: string };
}

/** Starts nginx in front of `upstream`. `edits` replace words of the shipped configuration, such as a time limit. */
export async function startNginx(upstream: string, edits: Edits = {}, https?: Https): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-nginx-'));
  chmodSync(folder, 0o755); // started by root, nginx works as another user
  const [port, healthPort] = [await freePort(), await freePort()];
  const [securePort, certificatePort] = [await freePort(), await freePort()];
  if (https) {
    writeSettings(folder, https.settings);
    const replaced = {
      'listen 8443': `listen 127.0.0.1:${securePort}`,
      'listen 8082': `listen 127.0.0.1:${certificatePort}`,
      '/tmp/': `${folder}/`,
    };
    withoutAcme(folder, https.pem, replaced);
  }
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
    secureUrl: `https://127.0.0.1:${securePort}`,
    certificateUrl: `http://127.0.0.1:${certificatePort}`,
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

/** What nginx's container makes of these settings. Throws with its words if it refuses them. */
export function writeSettings(folder: string, settings: Record<string, string>): void {
  const script = `to=${folder} templates=${projectFolder}nginx/https; . ${projectFolder}nginx/settings.sh`;
  const env = { PATH: '/bin:/usr/bin', ...settings };
  execFileSync('sh', ['-c', script], { env, encoding: 'utf8', stdio: 'pipe' });
}

function withoutAcme(folder: string, pem: Https['pem'], edits: Edits): void {
  const part = (name: string) => join(folder, `https-${name}.conf`);
  const read = (name: string) => readFileSync(part(name), 'utf8').replace(/^ *acme_certificate .*\n/m, '');
  const variable = (name: string, text: string) =>
    `map '' $${name} { default '${text && `data:${text}`}'; }\n`;
  const http = read('http').replace(/^acme_issuer [^]*?\n}\n/m, '');
  const ours = variable('acme_certificate', pem.certificate) + variable('acme_certificate_key', pem.key);
  const { 'listen 8443': _, ...rest } = edits;
  writeFileSync(part('http'), ours + edit(http.replace('error_log stderr alert;\n', ''), rest));
  const server = read('server').replace(/^(?:ssl_certificate_cache|http2) .*\n/gm, ''); // newer than Debian 12's nginx
  writeFileSync(part('server'), edit(server, { 'listen 8443': edits['listen 8443']! }));
  rmSync(part('main'));
}

/** Replaces each of these strings; throws if one does not occur. */
function edit(text: string, edits: Edits): string {
  return Object.entries(edits).reduce((edited, [from, to]) => {
    if (!edited.includes(from)) throw new Error(`nginx.conf does not say "${from}" (any more).`);
    return edited.replaceAll(from, to);
  }, text);
}
