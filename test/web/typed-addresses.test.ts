// No typed address becomes a link target: every address on a page is of this site.
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { registered, stranger, type Answer } from '../support/person.ts';

const app = await startApp();
afterAll(() => app.close());

const hostile = [
  'javascript:alert(1)',
  'data:text/html,x',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
];

/** What the links and forms of a page lead to, unless it is a path or a place on the page. */
function strangeAddresses({ $ }: Answer): string[] {
  const addresses = $('[href], [action], [formaction], [src]')
    .toArray()
    .flatMap((element) =>
      ['href', 'action', 'formaction', 'src'].map((name) => $(element).attr(name) ?? '#'),
    );
  return addresses.filter((address) => !/^(#|[/?](?![/\\]))/.test(address));
}

test.each(hostile)('next: %s', async (next) => {
  const alice = await registered(app.url, `alice${hostile.indexOf(next)}`);
  await app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
  const query = `?next=${encodeURIComponent(next)}`;
  for (const path of ['/account/password', '/account/confirm', '/login', '/login/recovery']) {
    const person = path.startsWith('/account') ? alice : stranger(app.url);
    for (const page of [
      await person.get(path + query),
      await person.submit(path, { next, password: 'x', current: 'x', username: 'x', code: 'x' }, path),
    ]) {
      expect([path, page.status < 300 || page.status === 422]).toEqual([path, true]);
      expect([path, strangeAddresses(page)]).toEqual([path, []]);
    }
  }
});
