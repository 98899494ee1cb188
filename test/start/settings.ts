// The settings in docs/configuration.md, with valid and invalid values.
import { readFileSync } from 'node:fs';
import { projectFolder } from '../support/program.ts';

/** The names in the table of settings, in its order. */
export function documentedSettings(): string[] {
  const page = readFileSync(`${projectFolder}docs/configuration.md`, 'utf8');
  const table = /^\| Setting [^]*?\n\n/m.exec(page)![0];
  return table.split('\n').flatMap((row) => row.split('|')[1]?.match(/[A-Z_]{4,}/g) ?? []);
}

export interface Samples {
  right: string[];
  wrong: string[];
}

/** Wrong for all but a database and a folder. */
const garbage = [
  'hunter2!',
  ' ',
  '\t\n',
  'a b',
  '1\n2',
  '/tmp',
  '../..',
  '-1',
  'null',
  'true!',
  '☃',
  '💥'.repeat(3000),
];

const whole = (...right: string[]): Samples => ({
  right,
  wrong: [
    ...garbage,
    '1.5',
    '1e3',
    '0x10',
    '١٢',
    '+5',
    '99999999999999',
    '9'.repeat(400),
    'NaN',
    'Infinity',
    '10 ms',
  ],
});

const choice = (...right: string[]): Samples => ({
  right,
  wrong: [...garbage, ...right.map((value) => value.toUpperCase()), `${right[0]},${right[1]}`, '0', '1'],
});

const tooMany = (samples: Samples, ...outside: string[]): Samples => ({
  ...samples,
  wrong: [...samples.wrong, ...outside],
});

const address: Samples = {
  right: ['127.0.0.1', '0.0.0.0', '::1', 'localhost'],
  wrong: [
    ...garbage.filter((value) => !['-1', 'null'].includes(value)),
    '[::1]',
    '127.0.0.1:80',
    'http://localhost',
  ],
};

export const samples: Record<string, Samples> = {
  PORT: tooMany(whole('8123'), '0', '65536'),
  HOST: address,
  HSTS: choice('host', 'subdomains', 'preload', 'off'),
  DOMAIN: {
    right: ['letters.example.org', 'Letters.Example.ORG', 'xn--bcher-kva.example', 'a-1.b.c.museum'],
    wrong: [
      ...garbage,
      'letters',
      'localhost',
      'https://letters.example.org',
      'letters.example.org/',
      'letters.example.org:443',
      'letters.example.org.',
      '.example.org',
      'a..example.org',
      '-a.example.org',
      'a-.example.org',
      'a_b.example.org',
      '*.example.org',
      'bücher.example',
      '192.168.1.5',
      '2001:db8::1',
      'a.example.org b.example.org',
      'a.example.org,b.example.org',
      `${'a'.repeat(64)}.example.org`,
      `${'a.'.repeat(130)}org`,
    ],
  },
  PUBLIC_URL: {
    right: [
      'https://letters.example.org',
      'http://192.168.1.5:8080/',
      'HTTPS://Bücher.example:443',
      'http://[::1]:8080',
    ],
    wrong: [
      ...garbage,
      'letters.example.org',
      '//letters.example.org',
      'localhost:3000',
      'ftp://letters.example.org',
      'https:letters.example.org',
      'https://',
      'https://a.example/path',
      'https://a.example?x',
      'https://a.example#x',
      'https://hunter2@a.example',
      'https://a.example:hunter2',
      'https://a.example:70000',
      'https://a b.example',
      'https://*.a.example',
      'https://a..example',
      'https://a.example\nb',
      'http:\\\\a.example',
      'https://[::1',
      'https://8080',
      'https://a.example https://b.example',
    ],
  },
  DATABASE_URL: {
    right: [],
    wrong: [
      ...garbage,
      'localhost:5432/db',
      'mysql://hunter2@db/db',
      'postgres:hunter2@db',
      'postgres://',
      'postgres://a b@c/d',
    ],
  },
  BACKUP_DIR: { right: ['/nowhere/backups'], wrong: [' ', '\n', 'a\nb', '~/data', '$HOME/data', 'a\tb'] },
  BACKUP_KEEP: {
    right: ['7,4,12', '1,0,0', '30,8,120'],
    wrong: [...garbage, '7', '7,4', '0,4,12', '7,4,12,1', '7, 4, 12', '1e3,4,12', '7,4,1000'],
  },
  BACKUP_PUBLIC_KEY: {
    right: ['age1j85f6ym2t3lfqg2qze9anq40j2nfu5szc3v8tkmkjpgakzafkars489ac5'],
    wrong: [...garbage, 'age1', 'AGE-SECRET-KEY-1N23YW4EWYM2DRXX7Q8Q7G2A6CSANC3HA3C2L02Q4P768HZ3VSLASEJQRZQ'],
  },
  DATA_DIR: { right: [], wrong: [' ', '\n', 'a\nb', '~/data', '$HOME/data', 'a\tb'] },
  TRUST_PROXY: {
    right: ['1', '12', '10.0.0.1', '10.0.0.0/8, fd00::/8', 'loopback uniquelocal'],
    wrong: [
      ...garbage,
      'a',
      '...',
      '10.0.0.1/33',
      '10.0.0.0/0',
      '10.0.0.1/',
      'fd00::/129',
      '10.0.0.1:80',
      '10.0.0.256',
      '/8',
      '1,2',
      '123',
    ],
  },
  WEB_CONCURRENCY: tooMany(whole('2'), '0', '65'),
  METRICS: choice('off', 'on'),
  METRICS_PORT: tooMany(whole('9999'), '0', '65536'),
  METRICS_HOST: address,
  LOG_LEVEL: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  SENDS_PER_MINUTE: tooMany(whole('5'), '0', '1000001'),
  NEW_PEOPLE_PER_DAY: tooMany(whole('5'), '0', '1000001'),
  SEARCHES_PER_MINUTE: tooMany(whole('5'), '0', '1000001'),
  MAILBOX_MESSAGES: tooMany(whole('100'), '99', '1000001'),
  MAILBOX_BYTES: tooMany(whole('10000000', '1000000000000'), '9999999', '1000000000001'),
  LOGINS_PER_MINUTE: tooMany(whole('5'), '0', '1000001'),
  REGISTRATIONS_PER_HOUR: tooMany(whole('5'), '0', '1000001'),
  REGISTRATION: choice('open', 'invite', 'closed'),
  REQUIRE_SECOND_FACTOR: tooMany(choice('off', 'admins', 'all'), 'members'),
  MEMBERS_INVITE: tooMany(whole('0', '3'), '1001'),
  FIRST_CONTACT: tooMany(choice('inbox', 'requests'), 'known', 'on'),
  DIRECTORY: tooMany(choice('off', 'members'), 'all', 'on'),
  PASSWORD_MEMORY_KIB: tooMany(whole('7168'), '7167', '4194305', '999999999'),
  PASSWORD_PASSES: tooMany(whole('3'), '0', '101'),
  HTTP_PORT: {
    right: ['80', '8080', '127.0.0.1:8080', '0.0.0.0:80', '192.168.1.5:8080', '[::1]:8080', '[::]:80'],
    wrong: [
      ...garbage,
      '0',
      '65536',
      '8080:80',
      '127.0.0.1:',
      ':80',
      '127.0.0.1',
      '127.0.0.256:80',
      '::1:80',
      'localhost:80',
      '8000-8010',
      '80/tcp',
    ],
  },
  HTTPS_PORT: { right: ['443', '127.0.0.1:8443'], wrong: [] },
  ACME_DIRECTORY: {
    right: [
      'https://acme-v02.api.letsencrypt.org/directory',
      'https://ca.example:9000/acme/x-1/directory?a=b&c=~d',
    ],
    wrong: [
      'acme-v02.api.letsencrypt.org',
      'http://acme-v02.api.letsencrypt.org/directory',
      'https://',
      'https:///directory',
      'https://a.example/; }',
      'https://a.example/$(id)',
      'https://a.example/\n',
      'https://a.example/|x',
      'https://a example/',
    ],
  },
  FRONT_PROXY: {
    right: ['10.0.0.1', '10.0.0.0/8 fd00::/8'],
    wrong: ['10.0.0.1;', '10.0.0.256', '10.0.0.1/33', '$(id)', '10.0.0.1\n}'],
  },
};
