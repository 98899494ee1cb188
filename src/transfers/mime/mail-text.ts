// Collects the texts of a mail from all its parts, including embedded mails.
import { decodeHeader } from './headers.ts';
import type { Mail } from './mail.ts';
import type { MimeNode } from './mime-tree.ts';
import { bytesOf, kindOf, type PartBody } from './part-body.ts';
import type { TextPart } from './text-parts.ts';

export function listTexts(root: MimeNode, bodies: Map<MimeNode, PartBody>): Promise<TextPart[]> {
  return collect(root, bodies, { groups: 0 });
}

async function collect(
  node: MimeNode,
  bodies: Map<MimeNode, PartBody>,
  seen: { groups: number },
  group = 0,
): Promise<TextPart[]> {
  const body = bodies.get(node);
  if (body?.kind === 'multipart' && node.childNodes.length > 0) {
    const inner = kindOf(node) === 'multipart/alternative' ? (seen.groups += 1) : group;
    const parts: TextPart[] = [];
    for (const child of node.childNodes) parts.push(...(await collect(child, bodies, seen, inner)));
    return parts;
  }
  const { charset = '', format = '', delsp = '' } = node.contentType.parsed.params;
  const part = { kind: 'text/plain', charset: '', isFlowed: false, isDelSp: false, group: 0 };
  if (body?.kind === 'multipart') return [{ ...part, content: bytesOf(body.preamble()) }];
  if (body?.kind === 'message') {
    const content = Buffer.from(inBrackets(await body.end()));
    return [{ ...part, content, charset: 'utf-8' }];
  }
  if (body?.kind !== 'text') return [];
  const flow = { isFlowed: /^flowed$/i.test(format), isDelSp: /^yes$/i.test(delsp) };
  return [{ ...flow, content: body.content(), kind: kindOf(node), charset, group }];
}

function inBrackets({ headers, text }: Mail): string {
  const lines = ['From', 'Date', 'Subject'].flatMap((name) => {
    const value = decodeHeader(headers.get(name.toLowerCase()) ?? '');
    return value ? [`${name}: ${value}`] : [];
  });
  return [['[A mail within this one]', ...lines].join('\n'), text.trimEnd()].filter(Boolean).join('\n\n');
}
