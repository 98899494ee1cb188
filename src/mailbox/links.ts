// Splits a message into text and links, so that views can link web addresses and escape everything.
import { LinkifyIt, REBuilder } from 'linkify-it';

export interface Piece {
  text: string;
  href?: string;
}

// Scripts without spaces between words: a URL may begin or end directly beside their characters.
const spaceless =
  '[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u9fff' +
  '\\uac00-\\ud7af\\uf900-\\ufaff\\uff66-\\uff9d]';

class AddressRules extends REBuilder {
  /** Anywhere except after a character that would extend a word or a scheme (RFC 3986, 3.1). */
  override get_schema_search(): RegExp {
    return (this.cache.schema_search ??= new RegExp(
      `((?<![\\w+]))(${this.get_schema_names().source})`,
      'ig',
    ));
  }

  // Adds full-width symbols, and bidi controls (UAX #9), with which a link reads as another: `moc.knab` as `bank.com`.
  override get_text_separators(): RegExp {
    return (this.cache.text_separators ??=
      /[><\uff5c\uff1c-\uff1e\uff5e\uff0b\uff3e\uff40\uffe0-\uffee\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  }

  override get_path_terminator(): RegExp {
    return (this.cache.src_path_terminator ??= new RegExp(
      `${super.get_path_terminator().source}|${spaceless}{1,30}https?://`,
    ));
  }

  /** No top-level domain mixes scripts. */
  override get_url_host_port(): RegExp {
    const domain = this.get_domain().source;
    const end = `(?:(?<=:\\d{1,5})(?=${spaceless})|${this.get_host_terminator().source})`;
    const last = `(?:[a-z]{2,63}(?=${spaceless})|${domain}${this.get_port().source}${end})`;
    const numbers = `${this.get_ipv6_url_host().source}${this.get_port().source}${end}`;
    return (this.cache.url_host_port ??= new RegExp(`(?:${numbers}|(?:${domain}\\.){0,10}${last})`));
  }

  /** Rejects credentials before the host: such a link shows one site and leads to another. */
  override get_http_validator(): RegExp {
    const inUser = `(?:[!"$-.0->@-~]|(?!${this.src_ZPCc})[^\\x00-\\x7f])`;
    const noUser = `(?!${inUser}*@)(?![^\\s/?#:@]*:(?!\\d)[^\\s]{0,300}@)`;
    return (this.cache.http_validator ??= new RegExp(
      `//${noUser}${this.get_url_host_port().source}${this.get_path().source}`,
      'iy',
    ));
  }
}

// Only explicit http:// or https://, no fuzzy matches: "bob.md" is a file and "javascript:" is an attack.
const finder = new LinkifyIt({
  fuzzyLink: false,
  fuzzyEmail: false,
  fuzzyIP: false,
  rebuilder: new AddressRules(),
});
for (const schema of ['ftp:', 'mailto:', '//']) finder.add(schema, null);

export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const link of finder.match(text) ?? []) {
    if (link.index > end) pieces.push({ text: text.slice(end, link.index) });
    pieces.push({ text: link.raw, href: link.url });
    end = link.lastIndex;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
