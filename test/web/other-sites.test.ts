// Forms of other websites are refused, and no notation of the host by a proxy locks anybody out.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/web/log.ts';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { filledIn } from '../support/forms.ts';
import { at, type Answer } from '../support/person.ts';

let written = '';
const log = createLog('info', { write: (text) => void (written += text) });
const { app, alice } = await cast({}, { log });
const trusting = await startApp({ TRUST_PROXY: '1' }, app.databaseUrl);
beforeEach(() => (written = ''));
afterAll(() => Promise.all([app.close(), trusting.close()]));

const form = 'application/x-www-form-urlencoded';
async function save(headers: Record<string, string>, url = app.url): Promise<Answer> {
  const person = at(url, alice);
  const body = new URLSearchParams({
    ...(await person.hidden('/send')),
    recipient: '',
    body: 'x',
  }).toString();
  return person.ask('post', '/drafts', { 'Content-Type': form, ...headers }, body);
}

describe.each([
  ['http://letters.example', 'letters.example'],
  ['http://letters.example', 'letters.example:80'],
  ['https://letters.example', 'letters.example:443'],
  ['https://letters.example', 'letters.example:80'],
  ['http://letters.example', 'Letters.EXAMPLE'],
  ['http://letters.example', 'letters.example.'],
  ['http://letters.example.', 'letters.example:80'],
  ['http://letters.example:8080', 'LETTERS.example:8080'],
  ['http://letters.example.:8080', 'letters.example:8080'],
  ['http://xn--bcher-kva.example', 'xn--BCHER-kva.example:80'],
  ['http://192.168.1.5', '192.168.1.5:80'],
  ['http://[2001:db8::1]', '[2001:DB8:0::1]:80'],
  ['http://[2001:db8::1]:8080', '[2001:db8::1]:8080'],
])('a form on %s', (origin, host) => {
  test(`is accepted with Host: ${host}`, async () => {
    expect((await save({ Origin: origin, Host: host })).status).toBe(303);
    expect(written).not.toContain('Host');
  });
});

describe.each([
  ['http://evil.example', 'letters.example'],
  ['http://letters.example', 'letters.example:8080'],
  ['http://letters.example:8080', 'letters.example'],
  ['http://letters.example:8080', 'letters.example:8081'],
  ['http://letters.example.evil', 'letters.example'],
  ['http://a.letters.example', 'letters.example'],
  ['null', 'letters.example'],
  ['not an address', 'letters.example'],
  ['http://letters.example', ''],
])('a form on %s', (origin, host) => {
  test(`is refused with Host: ${host}, and the log names the header to check`, async () => {
    const answer = await save({ Origin: origin, Host: host });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('another website');
    expect(answer.text).toContain('has changed the Host header');
    const line = written.split('\n').find((text) => text.includes('refused a form'))!;
    expect(line).toContain('must pass the Host header on unchanged');
    expect(line).not.toContain('evil');
  });
});

test.each([
  ['/send', { Origin: 'http://evil.example' }],
  ['/send', { 'Sec-Fetch-Site': 'cross-site' }],
  ['/drafts', { Origin: 'null' }],
  ['/drafts', { 'Sec-Fetch-Site': 'same-site' }],
])('%s refused for %j keeps the text, and a working form follows', async (path, headers) => {
  const fields = { ...(await alice.hidden('/send')), recipient: 'alice', body: `Written for ${path}` };
  const body = new URLSearchParams(fields).toString();
  const refused = await alice.ask('post', path, { 'Content-Type': form, ...headers }, body);
  expect(refused.status).toBe(403);
  expect(refused.$('#body').text().trim()).toBe(`Written for ${path}`);
  expect(refused.$('#recipient').val()).toBe('alice');
  expect(refused.text).toContain('another website');
  const again = await alice.post('/send', filledIn(refused, '/send'));
  expect([again.status, again.get('Location')]).toEqual([303, '/inbox']);
});

test('Sec-Fetch-Site takes precedence where a browser sends it', async () => {
  const elsewhere = { Origin: 'http://letters.example', Host: 'app:3000' };
  expect((await save({ ...elsewhere, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(303);
  for (const site of ['cross-site', 'same-site', 'made-up'])
    expect(
      (await save({ Host: 'a.example', Origin: 'http://a.example', 'Sec-Fetch-Site': site })).status,
    ).toBe(403);
});

test('only a trusted proxy may set X-Forwarded-Host', async () => {
  const headers = {
    Origin: 'http://letters.example',
    Host: 'app:3000',
    'X-Forwarded-Host': 'Letters.example:80',
  };
  expect((await save(headers, trusting.url)).status).toBe(303);
  expect((await save({ ...headers, Origin: 'http://evil.example' }, trusting.url)).status).toBe(403);
  expect((await save(headers)).status).toBe(403);
});
