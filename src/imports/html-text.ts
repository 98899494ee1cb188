// The words of a page of HTML, for mail that comes without plain text. Reads it once from front to back, whatever it is.

const lineBreaking = new Set(
  'address article blockquote br div dd dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul'.split(
    ' ',
  ),
);
const silent = new Set(['head', 'script', 'style', 'title']);
const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  euro: '€',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  laquo: '«',
  raquo: '»',
  copy: '©',
  middot: '·',
  bull: '•',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
};

const tagHere = /<(\/?)([a-z][a-z0-9]{0,15})/iy;

/** What a reader of the page would see, as plain text. */
export function textOfHtml(html: string): string {
  let text = '';
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open !== at) text += wordsOf(html.slice(at, open < 0 ? undefined : open));
    if (open < 0) break;
    tagHere.lastIndex = open;
    const [, slash, tag = ''] = tagHere.exec(html) ?? [];
    const name = tag.toLowerCase();
    if (html.startsWith('<!', open)) at = endOf(html, html.startsWith('<!--', open) ? '-->' : '>', open);
    else if (!name) {
      text += '<';
      at = open + 1;
    } else {
      at = endOf(html, '>', open);
      if (silent.has(name) && !slash) at = skipTo(html, name, at);
      if (lineBreaking.has(name)) text += '\n';
      else if (name === 'td' || name === 'th') text += ' ';
    }
  }
  const words = text.replaceAll(/ {2,}/g, ' ').replaceAll(/ ?\n ?/g, '\n');
  return words.replaceAll(/\n{3,}/g, '\n\n').trim();
}

function wordsOf(text: string): string {
  const words = text.replaceAll(/[ \t\r\n]+/g, ' ');
  return words.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));/gi,
    (whole, decimal, hex, name: string) => {
      if (name) return entities[name] ?? whole;
      const code = decimal ? Number(decimal) : parseInt(hex as string, 16);
      return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code).toWellFormed() : '';
    },
  );
}

function endOf(html: string, mark: string, from: number): number {
  const end = html.indexOf(mark, from);
  return end < 0 ? html.length : end + mark.length;
}

/** Behind the end of this element; without an end there is nothing behind it. */
function skipTo(html: string, name: string, from: number): number {
  const end = new RegExp(`</${name}`, 'gi');
  end.lastIndex = from;
  const found = end.exec(html);
  return found ? endOf(html, '>', found.index) : html.length;
}
