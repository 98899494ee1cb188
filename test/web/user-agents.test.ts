// Browsers and systems as text, also unknown ones.
import { expect, test } from 'vitest';
import { describeAgent } from '../../src/web/user-agents.ts';
import { agents } from '../support/agents.ts';

test.each([
  ...Object.entries(agents),
  [
    'Safari on macOS',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  ],
  [
    'Microsoft Edge on Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  ],
  [
    'Samsung Internet on Android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
  ],
  ['Firefox on an unknown system', 'Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['an unknown browser on Linux', 'Something/1.0 (X11; Linux x86_64)'],
  ['an unknown browser', 'curl/8.17.0'],
  ['an unknown browser', '\u00ff'.repeat(300)],
  ['an unknown browser', ''],
  ['an unknown browser', undefined],
  ['an unknown browser', null],
])('%s', (words, agent) => {
  expect(describeAgent(agent)).toBe(words);
});

test('user agents are never shown verbatim', () => {
  for (const agent of [
    'You have won, call 555/1.0',
    'constructor/1.0',
    'Look at evil.example/1.0 (toString)',
  ])
    expect(describeAgent(agent)).toBe('an unknown browser');
});

test('an endless user agent takes no time', () => {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    for (const piece of ['a', ' ', '/', '(', 'Mozilla/5.0 ', 'Version/1 '])
      describeAgent(piece.repeat(300).slice(0, 300));
    return performance.now() - startedAt;
  });
  expect(Math.min(...times)).toBeLessThan(100); // the best, as a busy machine may have a pause in each
});
