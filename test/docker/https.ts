// DOMAIN with real containers and a real ACME server: no certificate, the first, after a new start, the next one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http2 from 'node:http2';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { documentedSettings } from '../start/settings.ts';
import { registered, stranger } from '../support/person.ts';
import { freePort } from '../support/program.ts';
import { compose, containersOf, docker, env, eventually, project, step, url } from './docker.ts';

const domain = 'letters.example.test';
const seconds = 90; // Certificates are renewed after half of it.

/** A site of its own; takes the place of the one that runs. Ends with its containers still there. */
export async function checkHttps(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-acme-'));
  try {
    writeAcmeFolder(folder);
    compose('down', '--volumes', '--timeout', '20');
    const securePort = await freePort();
    for (const name of documentedSettings()) if (name !== 'HTTP_PORT') env[name] = '';
    Object.assign(env, {
      DOMAIN: domain,
      REGISTRATION: 'open',
      ACME_DIRECTORY: 'https://acme:14000/dir',
      ACME_FOLDER: folder,
      ACME_HASH: openssl('x509', '-hash', '-noout', '-in', join(folder, 'server.pem')).trim(),
      COMPOSE_FILE: 'docker-compose.yml:test/docker/acme/compose.yml',
      HTTPS_PORT: `127.0.0.1:${securePort}`,
    });
    await check(`https://127.0.0.1:${securePort}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function check(secureUrl: string): Promise<void> {
  step(
    'With DOMAIN, which leads nowhere yet: one line in the log says so, http a page, and https is refused',
  );
  compose('up', '--detach', '--build', '--wait', '--wait-timeout', '240');
  const [nginx] = containersOf('nginx');
  await eventually('the line is there', async () => assert.equal(said().length, 1));
  assert.match(
    said()[0]!,
    new RegExp(`^nginx: No new certificate for ${domain}: .+no such host.+ ports 80 and 443`),
  );
  const waiting = await stranger(url).get('/login');
  assert.equal(waiting.status, 503);
  assert.equal(waiting.$('h1').text(), 'Not open yet');
  await assert.rejects(served(secureUrl));

  step('The name leads to where the port is closed: that is said too');
  const [acme] = containersOf('acme');
  const inHosts = (lines: string) =>
    docker(['exec', '--user', 'root', acme!, 'sh', '-c', `printf '${lines}' > /etc/hosts`]);
  inHosts(`127.0.0.1 ${domain}\\n`);
  docker(['exec', nginx!, 'nginx', '-s', 'reload']);
  await eventually('the line is there', async () => assert.equal(said().length, 2));
  assert.match(said()[1]!, /: connection: .+connection refused/);
  assert.match(ofCertificate('failure'), /^connection: /);
  inHosts('');
  await sleep(5500); // for as long Pebble remembers that file

  step('The name leads to the machine, and nginx is started again: it gets a certificate');
  docker(['network', 'disconnect', `${project}_outside`, nginx!]);
  docker(['network', 'connect', '--alias', domain, `${project}_outside`, nginx!]);
  compose('restart', 'nginx');
  let first: PeerCertificate | undefined;
  await eventually('https is served', async () => {
    first = await served(secureUrl);
  });
  assert.equal(first!.subjectaltname, `DNS:${domain}`);
  assert.match(String(first!.issuer.CN), /^Pebble Intermediate CA/);
  await eventually('the log says so', async () =>
    assert.equal(said().at(-1), `nginx: There is a new certificate for ${domain}.`),
  );

  step('It is the same one after another start');
  compose('restart', 'nginx');
  await eventually('https is served', async () =>
    assert.equal((await served(secureUrl)).serialNumber, first!.serialNumber),
  );

  step('http leads to https, with __Host- cookies and HSTS');
  const moved = await stranger(url).ask('get', '/send?to=bob', { Host: domain });
  assert.deepEqual([moved.status, moved.headers.location], [308, `https://${domain}/send?to=bob`]);
  const alice = await registered(secureUrl, 'alice');
  for (const cookie of alice.cookies().split('; ')) assert.match(cookie, /^__Host-/);
  assert.equal(await statusOverHttp2(secureUrl, '/login'), 200);
  for (const path of ['/inbox', '/assets/app.css'])
    assert.equal((await alice.get(path)).headers['strict-transport-security'], 'max-age=31536000');

  step('Only nginx can read its key, and nothing in it is root');
  const [app] = containersOf('app');
  assert.match(docker(['exec', nginx!, 'sh', '-c', 'stat -c "%U %a" /var/tmp/acme*']), /^nginx 700$/);
  assert.equal(docker(['exec', nginx!, 'id', '-un']), 'nginx');
  assert.throws(() => docker(['exec', app!, 'ls', '/var/tmp/acme-14000-dir']));

  step(`It is renewed before its ${seconds} seconds are over, while the site serves`);
  await eventually(
    'there is a new one',
    async () => {
      assert.equal((await alice.get('/inbox')).status, 200);
      assert.notEqual((await served(secureUrl)).serialNumber, first!.serialNumber);
    },
    seconds * 1000,
  );

  step('The app knows about it');
  assert.match(ofCertificate('certificate'), /^data:-----BEGIN CERTIFICATE-----/);
  assert.equal(ofCertificate('failure'), '');
  assert.throws(() => docker(['exec', app!, 'node', '-e', `require('node:net').connect(14000, 'acme')`]));
}

function statusOverHttp2(secureUrl: string, path: string): Promise<number | undefined> {
  const session = http2.connect(secureUrl, { rejectUnauthorized: false });
  const request = session.request({ ':path': path, ':authority': domain });
  return new Promise<number | undefined>((resolve, reject) => {
    session.on('error', reject);
    request.on('response', (headers) => resolve(headers[':status']));
  }).finally(() => session.destroy());
}

/** What nginx's log says about the certificate. */
function said(): string[] {
  return compose('logs', '--no-log-prefix', 'nginx').match(/^nginx: .*$/gm) ?? [];
}

/** What nginx tells the app. */
function ofCertificate(path: string): string {
  const ask = `fetch('http://nginx:8082/${path}').then((r) => r.text()).then(console.log)`;
  return docker(['exec', containersOf('app')[0]!, 'node', '-e', ask]);
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
}

/** The ACME server's settings and certificate. It asks for the challenge where nginx listens in its container. */
function writeAcmeFolder(folder: string): void {
  const inFolder = (name: string) => join(folder, name);
  const of = [
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=acme',
    '-addext',
    'subjectAltName=DNS:acme',
  ];
  const files = ['-out', inFolder('server.pem'), '-keyout', inFolder('server.key')];
  openssl('req', '-x509', ...of, ...files);
  const pebble = {
    listenAddress: '0.0.0.0:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: '/acme/server.pem',
    privateKey: '/acme/server.key',
    httpPort: 8080,
    tlsPort: 8443,
    certificateValidityPeriod: seconds,
  };
  writeFileSync(inFolder('pebble.json'), JSON.stringify({ pebble }));
  chmodSync(folder, 0o755);
  chmodSync(inFolder('server.key'), 0o644);
}

/** The certificate that https is answered with. */
function served(secureUrl: string): Promise<PeerCertificate> {
  const { hostname: host, port } = new URL(secureUrl);
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port), servername: domain, rejectUnauthorized: false };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
