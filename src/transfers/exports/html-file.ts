// messages.html of an export: a page without scripts for reading messages offline; the server never serves it.
import { exactTime } from '../../web/times.ts';
import type { OwnCopy } from '../message-record.ts';

const start = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Messages</title>
<style>
:root { color-scheme: light dark; --paper: #faf6ee; --ink: #2a2420; --muted: #655a50; --rule: #ddd3c1; }
@media (prefers-color-scheme: dark) { :root { --paper: #1c1815; --ink: #ede4d6; --muted: #b3a695; --rule: #3a332b; } }
body { max-width: 40rem; margin: 2rem auto 5rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Charter, 'Bitstream Charter', 'Palatino Linotype', 'Noto Serif', Georgia, serif; }
h1, h2 { font-weight: 400; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.25rem; }
article { padding: 1.25rem 0; border-top: 1px solid var(--rule);
  content-visibility: auto; contain-intrinsic-size: auto 8rem; }
.when { margin: 0 0 0.75rem; color: var(--muted); font-style: italic; font-size: 0.9375rem; }
.text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Messages</h1>
`;
const end = '</body>\n</html>\n';

export async function* writeHtml(
  batches: AsyncIterable<OwnCopy[]>,
  siteName: string,
): AsyncGenerator<string> {
  yield start;
  for await (const copies of batches) yield copies.map((copy) => article(copy, siteName)).join('');
  yield end;
}

function article(
  { box, other, isNotice, sentAt, trashedAt, isUnread, body }: OwnCopy,
  siteName: string,
): string {
  const name = isNotice ? siteName : (other ?? 'deleted account');
  const marks = [isUnread ? 'unread' : '', trashedAt ? `in the trash since ${timeElement(trashedAt)}` : ''];
  const when = [timeElement(sentAt), ...marks].filter(Boolean).join(' · ');
  return `<article>
<h2>${box === 'sent' ? 'To' : 'From'} ${escape(name)}</h2>
<p class="when">${when}</p>
<p class="text" dir="auto">${escape(body)}</p>
</article>
`;
}

function timeElement(at: Date): string {
  return `<time datetime="${at.toISOString()}">${exactTime(at)}</time>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;', // a literal one is parsed as a line feed
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"'\r]/g, (character) => entities[character]!);
}
