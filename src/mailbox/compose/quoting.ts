// A new message that begins with the text of another: a reply with its quote, or a forwarded message.
import type { Request } from 'express';
import { z } from 'zod';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { programSender } from '../../web/site.ts';
import { exactTime } from '../../web/times.ts';
import { openFound } from '../opening.ts';
import { findMessage, type Message } from '../queries.ts';

/** The message with this id. Its text is shown, so it counts as opened: its sender can no longer take it back. */
export async function openQuoted(ctx: WebContext, req: Request, asked: unknown): Promise<Message> {
  const viewer = signedIn(req);
  const id = z.uuid().safeParse(asked);
  const found = id.success ? await findMessage(ctx.pool, viewer.id, id.data) : undefined;
  const { message, marked } = await openFound(ctx, req, found, findMessage);
  viewer.hasRead(marked);
  return message;
}

/** Like mail (RFC 3676 §4.5): every quoted line begins with "> ". The answer goes below. */
export function quoted({ box, other, body, sentAt }: Message, timeZone: string): string {
  const wrote = box === 'sent' ? 'I wrote' : `${other ?? 'Somebody'} wrote`;
  const lines = body.trimEnd().split('\n');
  return `${wrote} on ${exactTime(sentAt, timeZone)}:\n${lines.map((line) => `> ${line}`.trimEnd()).join('\n')}\n\n`;
}

export function forwarded(
  { site }: WebContext,
  { box, other, origin, body, sentAt }: Message,
  timeZone: string,
): string {
  const name = programSender(site, origin) ?? other ?? 'a deleted account';
  return `Forwarded: ${box === 'sent' ? 'to' : 'from'} ${name}, ${exactTime(sentAt, timeZone)}\n\n${body}`;
}
