// Web addresses in messages become links, nothing else does, and finding them is fast for any text.
import { onTestFinished, describe, expect, test } from 'vitest';
import { splitLinks } from '../../src/mailbox/links.ts';
import { cast } from '../support/cast.ts';
import { idOf } from '../support/mailboxes.ts';

// Direction marks, embeddings, overrides and isolates (UAX #9): a link in them would read as another one.
test.each(
  ['061c', '200e', '200f', '202a', '202b', '202c', '202d', '202e', '2066', '2067', '2068', '2069'].map(
    (code) => String.fromCodePoint(Number.parseInt(code, 16)),
  ),
)('no link contains a bidi control: %j', (control) => {
  expect(linksIn(`https://bank.example/${control}moc.live`)).toEqual(['https://bank.example/']);
  expect(linksIn(`https://ba${control}nk.example/`).join(' ')).not.toContain(control);
  expect(linksIn(`${control}https://bank.example/a`)).toEqual(['https://bank.example/a']);
});

const linksIn = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

test.each([
  ['See https://example.org/a?b=c&d=e#f.', ['https://example.org/a?b=c&d=e#f']],
  ['(http://example.org) and HTTPS://EXAMPLE.ORG/x', ['http://example.org', 'HTTPS://EXAMPLE.ORG/x']],
  [
    'http://localhost:3000/inbox, http://192.168.1.5/',
    ['http://localhost:3000/inbox', 'http://192.168.1.5/'],
  ],
  ['https://de.wikipedia.org/wiki/Köln_(Stadt)', ['https://de.wikipedia.org/wiki/Köln_(Stadt)']],
  ['看https://example.org/a。然后', ['https://example.org/a']],
  ['見てhttps://example.org/a、次', ['https://example.org/a']],
  ['カタカナhttp://example.org（これ）', ['http://example.org']],
  ['링크는https://example.org/a입니다'.slice(0, 24), ['https://example.org/a']],
  ['ดูhttps://example.org/a', ['https://example.org/a']],
  ['смhttps://example.org, انظرhttps://example.com', ['https://example.org', 'https://example.com']],
  ['（https://example.org/a）「https://example.org/b」', ['https://example.org/a', 'https://example.org/b']],
  ['url=https://example.org/a', ['https://example.org/a']],
  ['https://example.org，或者http://example.com！', ['https://example.org', 'http://example.com']],
  ['https://example.org～https://example.com＞', ['https://example.org', 'https://example.com']],
  ['https://example.org吧', ['https://example.org']],
  [
    'https://a.org和https://b.org/x和https://c.org:8080和',
    ['https://a.org', 'https://b.org/x', 'https://c.org:8080'],
  ],
  ['https://例子.中国/路径，https://bücher.de', ['https://例子.中国/路径', 'https://bücher.de']],
  ['https://zh.wikipedia.org/wiki/中文', ['https://zh.wikipedia.org/wiki/中文']],
  ['https://web.archive.org/web/https://example.org/', ['https://web.archive.org/web/https://example.org/']],
  ['https://example.org/@bob?mail=a@b.org', ['https://example.org/@bob?mail=a@b.org']],
  ['http://example.org，写信给bob@example.org', ['http://example.org']],
  ['http://example.org: a colon, bob@example.org', ['http://example.org']],
  ['http://example.org:好的', ['http://example.org']],
])('%s', (text, links) => {
  expect(linksIn(text)).toEqual(links);
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt://example.org/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://example.org/x',
  'mailto:bob@example.org',
  'bob@example.org',
  'example.org, www.example.org, bob.md',
  '//example.org/x',
  'http:// example.org',
  'xhttp:/example.org',
  'xhttps://example.org, 1https://example.org, _https://example.org, git+https://example.org',
  'https://user:pass@example.org/x?y',
  'https://user@example.org/',
  'https://example.com@example.org',
  'https://user:p%40ss@example.org',
  'https://user:pa:ss@example.org',
  'https://a:b@c@example.org/',
  'https://user:p/ss@example.org',
  'https://user:p#ss@example.org',
  'https://user:p[x](y)"z@example.org/',
  'https://用户:密码@example.org/',
  `https://user:${'p'.repeat(200)}@example.org/x`,
])('no link is made of %s', (text) => {
  expect(linksIn(text)).toEqual([]);
});

describe('ten thousand hostile characters take less than 50 ms', () => {
  const fill = (piece: string) => piece.repeat(Math.ceil(10_000 / piece.length)).slice(0, 10_000);
  test.each([
    ['one long name', `http://${'a'.repeat(9993)}`],
    ['one long name with dots', `http://${fill('a.')}`.slice(0, 10_000)],
    ['many schemes', fill('http://')],
    ['many schemes without slashes', fill('http:')],
    ['many short links', fill('http://a.b ')],
    ['slashes', fill('//')],
    ['slashes after a scheme', `http:${fill('/')}`],
    ['nested brackets', `http://a.b/${'('.repeat(4990)}${')'.repeat(4990)}`],
    ['open brackets', `http://a.b/${fill('([{"')}`],
    ['quotes', `http://a.b/${fill(`'"`)}`],
    ['at signs', `http://${fill('a@')}`],
    ['at signs before no name', `http://${fill('a:b@')}`],
    ['colons', `http://${fill('a:')}`],
    ['dots at the end', `http://a.b${fill('.')}`],
    ['hyphens', `http://${fill('-')}`],
    ['punctuation', `http://a.b/${fill('.,;:!?')}`],
    ['umlauts', `http://${fill('ü')}`],
    ['emoji', `http://a.b/${fill('🦉')}`],
    ['combining marks', `http://a.b/${fill('e\u0301')}`],
    ['letters without an end', fill('a')],
    ['spaces', fill(' ')],
    ['line ends', fill('http://a\n')],
    ['percent signs', `http://a.b/${fill('%')}`],
    ['right-to-left', `http://a.b/${fill('\u202E')}`],
    ['bars', `http://${fill('a|')}`],
    ['letters without spaces', fill('好')],
    ['letters without spaces in a path', `http://a.b/${fill('好')}`],
    ['links between letters without spaces', fill('好http://a.b好')],
    ['paths that might end', `http://a.b/${fill('好http:/')}`],
    ['names and passwords', fill('http://a:b@')],
    ['names without an end', fill('http://a:b/')],
    ['names of another script', `http://${fill('ü:')}`],
    ['ampersands', `http://a.b/?${fill('a=b&')}`],
  ])('%s', (_, text) => {
    let best = Infinity;
    for (let run = 0; run < 5; run += 1) {
      const startedAt = performance.now();
      const pieces = splitLinks(text);
      best = Math.min(best, performance.now() - startedAt);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    }
    expect(best).toBeLessThan(50);
  });
});

describe('on the page', () => {
  test('a link sends no referrer, and everything in and around it is escaped', async () => {
    const { app, alice } = await cast();
    onTestFinished(() => app.close());
    const body = `<b>Look</b>: https://example.org/?q="onmouseover='alert(1)'&x=<i> & javascript:alert(1)`;
    await alice.send('alice', body);
    for (const path of [`/messages/${await idOf(app.pool, alice, body, 'inbox')}`, '/with/alice']) {
      const { $ } = await alice.get(path);
      expect($('.text').text()).toBe(body);
      expect(
        $('.text *')
          .toArray()
          .map(({ name }) => name),
      ).toEqual(['a']);
      const { href, rel, ...others } = $('.text a').attr()!;
      expect(href).toMatch(/^https:\/\/example\.org\/\?q=/);
      expect(rel!.split(' ').toSorted()).toEqual(['nofollow', 'noopener', 'noreferrer']);
      expect(others).toEqual({ dir: 'ltr' }); // apart from the direction of what stands around it
    }
  });
});
