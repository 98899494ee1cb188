// Texts arrive unchanged, character by character.
import { afterAll, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { newestOf } from '../../support/inbox.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

async function stored(): Promise<string> {
  const { rows } = await app.pool.query<{ body: string }>(
    'select body from messages order by id desc limit 1',
  );
  return rows[0]!.body;
}

test.each([
  ['one character', 'x'],
  ['one emoji', '👋'],
  ['joined emoji and flags', '👩‍👩‍👧‍👦🏳️‍🌈🇩🇪'],
  ['right-to-left', 'שלום! كيف حالك؟ \u202Bmixed\u202C'],
  ['combining marks, not normalised', 'e\u0301 \u00E9 \uFB01'],
  ['tabs', '\ta\t\tb\t'],
  ['empty lines before and after', '\n\n  two lines before\nand after  \n\n'],
  ['one letter among spaces and line ends', ' \n x\n '],
  ['a line end behind one letter', 'x\n'],
  ['markup', '<script>alert(1)</script><!-- </textarea> &amp; &lt;'],
  ['templates and SQL', `<%= 1 %> \${x} {{x}} '; drop table users; --`],
  ['percent, plus and ampersand', '100% + 1 & a=b;c %41'],
  ['a byte order mark and invisible characters', '\uFEFFa\u200Bb\u00ADc\u2028d'],
  ['10,000 letters', 'x'.repeat(10_000)],
  ['10,000 emoji, which are 40,000 bytes', '🦉'.repeat(10_000)],
])('%s', async (_, body) => {
  expect((await alice.send('bob', body)).status).toBe(303);
  expect(await stored()).toBe(body);
  expect(await newestOf(bob)).toEqual({ sender: 'alice', body });
});

// HTML cannot show these unchanged, so only what is kept counts.
test.each([
  ['control characters', 'a\u0001b\u001Bc\u007F\u0085'],
  ['noncharacters and the last code point', '\uFFFE\uFFFF\u{10FFFF}'],
  ['a carriage return alone', 'a\rb'],
])('%s', async (_, body) => {
  expect((await alice.send('bob', body)).status).toBe(303);
  expect(await stored()).toBe(body);
});

test.each([
  ['line ends, which browsers send as CRLF, are kept as LF', 'one\r\ntwo\r\n\r\nthree\r\n'],
  ['9,999 line ends, which are 19,998 characters on the way', `x${'\r\n'.repeat(9_999)}`],
])('%s', async (_, body) => {
  expect((await alice.send('bob', body)).status).toBe(303);
  expect((await newestOf(bob))!.body).toBe(body.replaceAll('\r\n', '\n'));
});

test('a form shown again, with any text, can be sent without losing a character', async () => {
  for (const body of [
    '\nfirst line empty',
    '\n\n\ntwo',
    '\t tab first',
    ' \nx',
    '</textarea>\n&amp;',
    '\r\nx',
  ]) {
    const refused = await alice.send('nobody-here', body);
    expect(refused.status).toBe(422);
    // cheerio reads the page as browsers do: one line end right after <textarea> is not part of the text.
    const again = refused.$('textarea[name=body]').text();
    expect(again).toBe(body.replaceAll('\r\n', '\n'));
    await alice.send('bob', again);
    expect(await stored()).toBe(body.replaceAll('\r\n', '\n'));
  }
});
