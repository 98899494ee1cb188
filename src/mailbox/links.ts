// Web addresses within a message, found so that a view can make links of them and escape everything.
import { LinkifyIt, REBuilder } from 'linkify-it';

export interface Piece {
  text: string;
  /** Where it leads, if it is a web address. */
  href?: string;
}

// Letters of scripts that put no spaces between words: an address begins and ends directly beside them.
const spaceless =
  '[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\uff66-\\uff9d]';

/** Where an address begins and ends: as linkify-it has it, but for the rules below. */
class AddressRules extends REBuilder {
  /** Behind anything but what would make another word, or another scheme, of it (RFC 3986, 3.1). */
  override get_schema_search(): RegExp {
    return (this.cache.schema_search ??= new RegExp(
      `((?<![\\w+]))(${this.get_schema_names().source})`,
      'ig',
    ));
  }

  /**
   * Full-width signs that Unicode does not count as punctuation, beside < and >; and what changes the direction of
   * writing (UAX #9), with which a link would read as another one: `moc.knab` as `bank.com`.
   */
  override get_text_separators(): RegExp {
    return (this.cache.text_separators ??=
      /[><\uff5c\uff1c-\uff1e\uff5e\uff0b\uff3e\uff40\uffe0-\uffee\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  }

  override get_path_terminator(): RegExp {
    return (this.cache.src_path_terminator ??= new RegExp(
      `${super.get_path_terminator().source}|${spaceless}{1,30}https?://`,
    ));
  }

  /** No top-level domain is half of one script, half of another. */
  override get_url_host_port(): RegExp {
    const domain = this.get_domain().source;
    const end = `(?:(?<=:\\d{1,5})(?=${spaceless})|${this.get_host_terminator().source})`;
    const last = `(?:[a-z]{2,63}(?=${spaceless})|${domain}${this.get_port().source}${end})`;
    const numbers = `${this.get_ipv6_url_host().source}${this.get_port().source}${end}`;
    return (this.cache.url_host_port ??= new RegExp(`(?:${numbers}|(?:${domain}\\.){0,10}${last})`));
  }

  /** Nothing with a name or a password before the host: what is a link then shows one site and leads to another. */
  override get_http_validator(): RegExp {
    const inUser = `(?:[!"$-.0->@-~]|(?!${this.src_ZPCc})[^\\x00-\\x7f])`;
    const noUser = `(?!${inUser}*@)(?![^\\s/?#:@]*:(?!\\d)[^\\s]{0,300}@)`;
    return (this.cache.http_validator ??= new RegExp(
      `//${noUser}${this.get_url_host_port().source}${this.get_path().source}`,
      'iy',
    ));
  }
}

// Only what is written out as http:// or https://. No guessing: "bob.md" is a file and "javascript:" is an attack.
const finder = new LinkifyIt({
  fuzzyLink: false,
  fuzzyEmail: false,
  fuzzyIP: false,
  rebuilder: new AddressRules(),
});
for (const schema of ['ftp:', 'mailto:', '//']) finder.add(schema, null);

/** The text in pieces, in order; joined they are the text. */
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
