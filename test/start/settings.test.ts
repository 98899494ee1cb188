// Every documented setting: valid values reach the program, invalid ones end the start in one line.
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { readConfig, settingNames } from '../../src/config.ts';
import { listen } from '../../src/process/listen.ts';
import { readSecretKey } from '../../src/secrets/secret-key.ts';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { freePort } from '../support/program.ts';
import { begin, newFolder, start } from './site.ts';
import { documentedSettings, samples } from './settings.ts';

// Those of nginx in front; with compose they are tried in test/docker.
const ofNginx = ['FRONT_PROXY', 'HTTPS_PORT', 'ACME_DIRECTORY'];
const ofContainers = new Set(['HTTP_PORT', ...ofNginx]);
// Not for people: one is for tests and for development, the others are how the program learns about nginx.
const internal = ['NODE_ENV', 'PUBLISHED_PORT', 'CERTIFICATE_URL'];
const names = documentedSettings().filter((name) => !ofContainers.has(name));

function reading(name: string, value: string, others: Record<string, string> = {}): string {
  try {
    const setting = name === 'HTTP_PORT' ? 'PUBLISHED_PORT' : name;
    return `accepted: ${JSON.stringify(readConfig({ ...others, [setting]: value }))}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

test('docs/configuration.md documents exactly the settings that the program reads', () => {
  expect(Object.keys(samples).toSorted()).toEqual(documentedSettings().toSorted());
  expect([...names, ...internal].toSorted()).toEqual(settingNames.toSorted());
});

describe.each(Object.keys(samples).filter((name) => !ofNginx.includes(name)))('%s', (name) => {
  const { right, wrong } = samples[name]!;

  test('wrong values are refused in one line that names the setting and hides the value', () => {
    for (const value of wrong) {
      expect(reading(name, value), JSON.stringify(value.slice(0, 50))).toMatch(
        new RegExp(`^StartupError: Wrong settings: ${name} must [^\\n]+\\.$`),
      );
      expect(reading(name, value)).not.toContain('hunter2');
    }
  });

  test('valid values are accepted, with surrounding blanks; an empty one is unset', () => {
    for (const value of right) {
      expect(reading(name, value)).toMatch(/^accepted/);
      expect(reading(name, ` ${value}\r`)).toBe(reading(name, value));
    }
    expect(reading(name, '')).toBe(`accepted: ${JSON.stringify(readConfig({}))}`);
  });
});

test('npm start with all settings valid: the site serves', async () => {
  const rightOnes = Object.fromEntries(names.map((name) => [name, samples[name]!.right[0] ?? '']));
  const own = {
    DATABASE_URL: await createDatabase(),
    DATA_DIR: newFolder(),
    LOG_LEVEL: 'info',
    WEB_CONCURRENCY: '1', // more of them: workers.test.ts
  };
  const program = await start({ ...rightOnes, ...own, PORT: String(await freePort()) });
  expect(program.stderr()).toMatch(
    /^private-messages: Only Compose gets a certificate for DOMAIN; [^\n]+\nOpen https:\/\/letters.example.org\nRegistration is open /,
  );
  expect((await program.end()).code).toBe(0);
});

test('npm start with all settings wrong: one line names each', async () => {
  const wrongOnes = Object.fromEntries(names.map((name) => [name, samples[name]!.wrong.at(-1)!]));
  const refused = await begin({ ...calmSettings, ...wrongOnes });
  expect((await refused.ended).code).toBe(1);
  expect(refused.stderr()).toMatch(/^private-messages: Wrong settings: [^\n]+\n$/);
  for (const name of names) expect(refused.stderr()).toContain(`${name} must `);
  expect(refused.stdout()).toBe('');
});

const refusedHosts: [string, RegExp][] = [
  ['no-such-host.invalid', /^The name no-such-host.invalid is unknown: set HOST /],
  ['8080', /HOST/], // a number for a name
  ['fe80::1%nope0', /HOST/], // a network card that is not there
];

test.each(refusedHosts)(
  'HOST=%s, which only the operating system refuses, is explained',
  async (HOST, words) => {
    const { host, port } = readConfig({ HOST, PORT: String(await freePort()) });
    await expect(listen(createServer(), { host, port })).rejects.toThrow(words);
  },
);

test.each(['/dev/null', '/proc/nowhere', `/tmp/${'x'.repeat(300)}`])(
  'DATA_DIR=%s, which only the operating system refuses, is explained',
  (DATA_DIR) => {
    const { dataDir } = readConfig({ DATA_DIR });
    expect(() => readSecretKey(dataDir)).toThrow(/^Cannot create the data folder .* Set DATA_DIR /);
  },
);

test.each([
  [{ HOST: 'no-such-host.invalid' }, /^The name no-such-host.invalid is unknown: set HOST /],
  [{ DATA_DIR: '/dev/null' }, /^Cannot create the data folder .* Set DATA_DIR /],
])('npm start with %j ends with that line', async (settings, expected) => {
  const DATABASE_URL = await createDatabase();
  const program = await begin({ ...calmSettings, DATABASE_URL, ...(settings as Record<string, string>) });
  expect((await program.ended).code).toBe(1);
  const line = /^private-messages: ([^\n]+)\n$/.exec(program.stderr())?.[1];
  expect(line, program.stderr()).toMatch(expected);
});

test.each([
  ['80', 'http://localhost'],
  ['8080', 'http://localhost:8080'],
  ['127.0.0.1:8080', 'http://localhost:8080'],
  ['127.0.0.1:80', 'http://localhost'],
  ['0.0.0.0:8080', 'http://localhost:8080'],
  ['[::]:8080', 'http://localhost:8080'],
  ['[::1]:8080', 'http://localhost:8080'],
  ['192.168.1.5:8080', 'http://192.168.1.5:8080'],
  ['[fd00::5]:80', 'http://[fd00::5]'],
])('HTTP_PORT=%s is reached at %s unless PUBLIC_URL is set', (port, url) => {
  expect(readConfig({ PUBLISHED_PORT: port }).publicUrl).toBe(url);
  const publicUrl = 'https://letters.example.org';
  expect(readConfig({ PUBLISHED_PORT: port, PUBLIC_URL: publicUrl }).publicUrl).toBe(publicUrl);
});

test('PUBLIC_URL defaults to HOST and PORT, and is normalized', () => {
  expect(readConfig({ PORT: '3001' }).publicUrl).toBe('http://localhost:3001');
  expect(readConfig({ HOST: '192.168.1.5', PORT: '3001' }).publicUrl).toBe('http://192.168.1.5:3001');
  expect(readConfig({ HOST: '0.0.0.0' }).publicUrl).toBe('http://localhost:3000');
  expect(readConfig({ PUBLIC_URL: 'HTTPS://Letters.Example.org:443/' }).publicUrl).toBe(
    'https://letters.example.org',
  );
});

test('DOMAIN is the public address, with https, and PUBLIC_URL may not contradict it', () => {
  const { publicUrl, isAddressGiven, isHttps, certificateUrl } = readConfig({
    DOMAIN: 'Letters.Example.org',
    PUBLIC_URL: 'https://letters.example.org/',
    PUBLISHED_PORT: '8080',
    CERTIFICATE_URL: 'http://nginx:8082',
  });
  expect({ publicUrl, isAddressGiven, isHttps, certificateUrl }).toEqual({
    publicUrl: 'https://letters.example.org',
    isAddressGiven: true,
    isHttps: true,
    certificateUrl: 'http://nginx:8082',
  });
  expect(readConfig({ CERTIFICATE_URL: 'http://nginx:8082' }).certificateUrl).toBeUndefined();
  for (const other of ['http://letters.example.org', 'https://letters.example.org:8443', 'https://a.example'])
    expect(reading('PUBLIC_URL', other, { DOMAIN: 'letters.example.org' })).toBe(
      'StartupError: Wrong settings: PUBLIC_URL must be https:// and the name in DOMAIN, or not set.',
    );
});

test('TRUST_PROXY takes a number or a list, separated by commas or blanks', () => {
  expect(readConfig({ TRUST_PROXY: '2' }).trustProxy).toBe(2);
  expect(readConfig({ TRUST_PROXY: 'loopback, 10.0.0.0/8 fd00::1' }).trustProxy).toBe(
    'loopback,10.0.0.0/8,fd00::1',
  );
});

test.each([
  [{}, 'open'],
  [{ HOST: '127.0.0.2' }, 'open'],
  [{ HOST: '::1' }, 'open'],
  [{ PUBLIC_URL: 'http://localhost:8080' }, 'open'],
  [{ HOST: '0.0.0.0', PUBLISHED_PORT: '8080' }, 'open'],
  [{ HOST: '0.0.0.0', PUBLISHED_PORT: '127.0.0.1:8080' }, 'open'],
  [{ HOST: '0.0.0.0' }, 'invite'],
  [{ HOST: '192.168.1.5' }, 'invite'],
  [{ HOST: '127.example.org' }, 'invite'],
  [{ HOST: '0.0.0.0', PUBLISHED_PORT: '192.168.1.5:80' }, 'invite'],
  [{ PUBLIC_URL: 'https://letters.example' }, 'invite'],
  [{ PUBLIC_URL: 'https://letters.example', REGISTRATION: 'open' }, 'open'],
  [{ REGISTRATION: 'closed' }, 'closed'],
])('%j: REGISTRATION is %s', (settings, registration) => {
  expect(readConfig(settings).registration).toBe(registration);
});
