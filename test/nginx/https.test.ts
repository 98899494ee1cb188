// https with DOMAIN: what nginx answers before and after there is a certificate; test/docker gets real ones.
import { execFileSync } from 'node:child_process';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCertificate, findCertificate } from '../../src/admin/certificate.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { registered, stranger } from '../support/person.ts';
import { available } from '../support/required.ts';

const DOMAIN = 'letters.example.org';

function makeCertificate() {
  const of = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-subj',
    `/O=Own authority/CN=${DOMAIN}`,
  ];
  const args = ['req', '-x509', '-nodes', '-days', '30', ...of, '-addext', `subjectAltName=DNS:${DOMAIN}`];
  const pem = execFileSync('openssl', [...args, '-keyout', '-'], { encoding: 'utf8', stdio: 'pipe' });
  const [key, certificate] = pem.match(/-----BEGIN [^]*?-----END [^-]*-----\n/g)!;
  return { key, certificate: certificate! };
}

describe.skipIf(!available('nginx') || !available('openssl'))('with DOMAIN', () => {
  const pem = makeCertificate();
  let app: TestApp;
  let before: Nginx;
  let nginx: Nginx;
  beforeAll(async () => {
    app = await startApp({ TRUST_PROXY: '1', DOMAIN });
    before = await startNginx(app.url, {}, { settings: { DOMAIN }, pem: { certificate: '', key: '' } });
    nginx = await startNginx(app.url, {}, { settings: { DOMAIN: ` ${DOMAIN.toUpperCase()}\r` }, pem });
  });
  afterAll(async () => {
    await before?.close();
    await nginx?.close();
    await app?.close();
  });

  test('everything over http is sent to https, forms with what they hold', async () => {
    for (const path of [
      '/',
      '/send?to=bob',
      '/assets/app.css',
      '/account/import',
      '/events',
      '/trouble/refused.html',
    ])
      for (const method of ['get', 'post'] as const) {
        const answer = await stranger(nginx.url).ask(method, path, { Host: 'elsewhere.example' });
        expect([path, answer.status, answer.headers.location]).toEqual([
          path,
          308,
          `https://${DOMAIN}${path}`,
        ]);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
  });

  test('the site is served with the certificate, __Host- cookies and HSTS', async () => {
    const alice = await registered(nginx.secureUrl, 'alice');
    expect((await alice.send('alice', 'over https')).status).toBe(303);
    const inbox = await alice.get('/inbox');
    expect(inbox.text).toContain('over https');
    expect(alice.cookies().split('; ')).toHaveLength(3);
    for (const cookie of alice.cookies().split('; ')) expect(cookie).toMatch(/^__Host-/);
    for (const path of ['/login', '/assets/app.css', '/healthz'])
      expect((await alice.get(path)).headers['strict-transport-security'], path).toBe('max-age=31536000');
    expect(await nameServed(nginx)).toBe(DOMAIN);
  });

  test('before the first certificate, http shows a page that says so, and https is refused', async () => {
    for (const path of ['/', '/login', '/send', '/events']) {
      const answer = await stranger(before.url).ask('post', path);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.$('h1').text()).toBe('Not open yet');
      expect(answer.$('form').length).toBe(0);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect((await stranger(before.url).get('/assets/app.css')).status).toBe(200);
    await expect(nameServed(before)).rejects.toThrow();
  });

  test('the app learns what is served, until when, and why there is nothing newer', async () => {
    await checkCertificate(app.pool, before.certificateUrl);
    expect((await findCertificate(app.pool))?.value).toEqual({});
    await checkCertificate(app.pool, nginx.certificateUrl);
    const { expiresAt, ...rest } = (await findCertificate(app.pool))!.value;
    expect(rest).toEqual({ issuer: 'Own authority' });
    expect(Date.parse(expiresAt!) - Date.now()).toBeGreaterThan(29 * 24 * 60 * 60_000);
  });

  /** The name in the certificate, which has to be valid. */
  function nameServed({ secureUrl }: Nginx): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(secureUrl);
      const socket = connect({ host, port: Number(port), servername: DOMAIN, ca: pem.certificate }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }
});
