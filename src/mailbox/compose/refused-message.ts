// Preserves a refused message: on the form, or on a login page until its writer logs in.
import type { Request, Response } from 'express';
import { asOwner } from '../../database/owner.ts';
import { maxPreservedDrafts, maxDraftLength } from '../drafts/limits.ts';
import { keepDraft } from '../drafts/queries.ts';
import type { WebContext } from '../../web/context.ts';
import { lendAnonymousToken } from '../../web/csrf.ts';
import { HttpError } from '../../web/errors.ts';
import type { Form } from '../../web/forms.ts';
import { readFormPage } from './form-page.ts';
import { showSend } from './routes.ts';
import { findPreservedMessage, findTypedMessage, type TypedMessage } from './message-form.ts';

// Offers the message for sending only to its writer. If another user has signed in in this browser, the login page asks
// for the writer instead.
export function showMessageAgain(ctx: WebContext) {
  return (req: Request, res: Response, form: Form): void => {
    const message = findTypedMessage(req.body);
    const isAnothers = message?.writer && req.user && message.writer !== req.user.username;
    if (res.statusCode === 401 || isAnothers) {
      lendAnonymousToken(ctx, req, res);
      const login = {
        typed: { username: message?.writer ?? '' },
        errors: { '': isAnothers ? anothers(message.writer, req.user!.username) : form.errors['']! },
      };
      return res.render('accounts/login', { form: login, message, user: undefined });
    }
    showSend(ctx, req, res, form);
  };
}

function anothers(writer: string, viewer: string): string {
  return `${writer} wrote this, but this browser is now logged in as ${viewer}. Log in as ${writer} to continue.`;
}

/** Saves the message as a draft; returns its URL if its writer has logged in. Throws HttpError 422 if it cannot.
 * Regardless of who logs in, the draft belongs to the writer named in the encrypted field: nobody can leave drafts in
 * another's mailbox. The person who logs in learns nothing of it. */
export async function keepPreservedMessage(
  ctx: WebContext,
  user: { id: string; username: string },
  body: unknown,
): Promise<string | undefined> {
  const { config, pool } = ctx;
  const message = findPreservedMessage(body);
  if (!message) return undefined;
  const page = readFormPage(ctx, message);
  const draft = draftOf(message);
  const seen = page && { seen: page.seen };
  // More than maxDrafts, so that a login rarely fails because of drafts; still bounded.
  const options = { ...seen, revives: true, limit: maxPreservedDrafts, mailboxBytes: config.mailbox.bytes };
  if (page && page.writerId !== user.id) {
    const kept = await asOwner(page.writerId, () => keepDraft(pool, page.writerId, draft, options));
    if ('id' in kept || kept.kind === 'ended') return undefined;
    throw notKept('the writer of this message has no room for a draft. Ask them to make some');
  }
  if (!page && message.writer !== user.username) return undefined;
  const kept = await keepDraft(pool, user.id, draft, options);
  if ('id' in kept) return `/send?draft=${kept.id}`;
  throw notKept(
    kept.kind === 'too long'
      ? `a draft has at most ${maxDraftLength.body.toLocaleString('en')} characters. Shorten it`
      : kept.kind === 'over quota'
        ? 'your mailbox is full. Delete messages that you have sent and empty the trash'
        : `there are ${maxPreservedDrafts} drafts already. Discard some`,
  );
}

function notKept(why: string): HttpError {
  return new HttpError(
    422,
    `You are logged in now, but ${why} in another window, and log in here again: your text is kept on this page.`,
  );
}

function draftOf({ key, recipient, body }: TypedMessage) {
  return { id: key, recipient: keepable(recipient), body: keepable(body).replaceAll('\r\n', '\n') };
}

/** PostgreSQL cannot store NUL; browsers replace it with U+FFFD. */
function keepable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
