// Converts HTML to plain text, for mail without a plain text part, in one pass over any input.
import { Tokenizer } from 'htmlparser2';

const blocks = new Set(
  (
    'address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li ' +
    'main nav ol pre section table tr ul'
  ).split(' '),
);
const silent = new Set(['script', 'style', 'title', 'noscript', 'template']);
const cells = new Set(['td', 'th']);

/** The visible text; link targets follow the text of the link. */
export function textOfHtml(html: string): string {
  const page = createPage();
  let tag = '';
  let attribute = '';
  let value = '';
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => page.add(html.slice(start, end)),
      ontextentity: (codePoint) => page.add(String.fromCodePoint(codePoint)),
      onopentagname(start, end) {
        tag = html.slice(start, end).toLowerCase();
        page.open(tag);
      },
      onopentagend: () => page.opened(tag),
      onselfclosingtag: () => page.opened(tag),
      onclosetag: (start, end) => page.close(html.slice(start, end).toLowerCase()),
      onattribname(start, end) {
        attribute = html.slice(start, end).toLowerCase();
        value = '';
      },
      onattribdata: (start, end) => (value += html.slice(start, end)),
      onattribentity: (codePoint) => (value += String.fromCodePoint(codePoint)),
      onattribend: () => page.attribute(tag, attribute, value),
      oncdata: (start, end, offset) => page.add(html.slice(start, end - offset)),
      oncomment() {},
      ondeclaration() {},
      onprocessinginstruction() {},
      onend() {},
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return page.text();
}

function createPage() {
  const pieces: string[] = [];
  let breaks = 0; // line breaks due before the next text
  let hasSpace = true; // whether the output ends with a space
  let skipped = '';
  let preformatted = 0;
  let link: { href: string; words: string } | undefined;

  const put = (words: string) => {
    if (breaks > 0 && pieces.length > 0) pieces.push(breaks > 1 ? '\n\n' : '\n');
    breaks = 0;
    pieces.push(words);
    hasSpace = words.endsWith(' ');
  };
  const add = (text: string) => {
    if (skipped) return;
    if (link) link.words += text;
    if (preformatted > 0) return put(text.replaceAll('\r', ''));
    const words = text.replaceAll(/[ \t\r\n\f]+/g, ' ');
    const isAtStart = breaks > 0 || hasSpace;
    const shown = isAtStart && words.startsWith(' ') ? words.slice(1) : words;
    if (shown) put(shown);
  };
  const endLink = () => {
    if (!link) return;
    const { href, words } = link;
    link = undefined;
    if (isWorthShowing(href, words)) add(` <${href}>`);
  };
  const breakAround = (tag: string) => {
    if (tag === 'p') breaks = Math.max(breaks, 2);
    else if (blocks.has(tag)) breaks = Math.max(breaks, 1);
    else if (cells.has(tag)) add(' ');
  };
  return {
    add,
    open(tag: string): void {
      if (skipped) return;
      if (tag === 'a') endLink();
      if (tag === 'br') breaks += 1;
      breakAround(tag);
      if (tag === 'pre') preformatted += 1;
    },
    opened(tag: string): void {
      if (!skipped && silent.has(tag)) skipped = tag;
    },
    close(tag: string): void {
      if (skipped === tag) skipped = '';
      else if (!skipped) {
        if (tag === 'a') endLink();
        breakAround(tag);
        if (tag === 'pre' && preformatted > 0) preformatted -= 1;
      }
    },
    attribute(tag: string, name: string, value: string): void {
      if (skipped) return;
      if (tag === 'a' && name === 'href') link = { href: value.trim(), words: '' };
      if (tag === 'img' && name === 'alt' && value.trim()) add(value);
    },
    text(): string {
      endLink();
      return normalizeBlanks(pieces.join(''));
    },
  };
}

const maxHref = 2000;

function isWorthShowing(href: string, words: string): boolean {
  const [, scheme, rest = ''] = /^(https?|ftp|mailto):(.*)$/is.exec(href.slice(0, maxHref + 1)) ?? [];
  if (!scheme || href.length > maxHref) return false;
  const address = rest.replace(/^\/\//, '').replace(/\/$/, '');
  return !words.replaceAll(/\s/g, '').includes(address);
}

/** No trailing spaces, at most one blank line. A regular expression would be quadratic in a run of spaces. */
function normalizeBlanks(text: string): string {
  const lines: string[] = [];
  for (const line of text.replaceAll('\u00A0', ' ').split('\n')) {
    const words = line.trimEnd();
    if (words || lines.at(-1) !== '') lines.push(words);
  }
  return lines.join('\n').trim();
}
