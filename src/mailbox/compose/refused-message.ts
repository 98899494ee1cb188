// Whatever refuses a message shows it again: on the form, or on a login page that keeps it until somebody logs in.
import type { Request, Response } from 'express';
import type { Config } from '../../config.ts';
import { asOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { maxPreservedDrafts, maxDraftLength } from '../drafts/limits.ts';
import { keepDraft } from '../drafts/queries.ts';
import { HttpError } from '../../web/errors.ts';
import type { Form } from '../../web/forms.ts';
import type { FormPages } from './form-page.ts';
import { showSend } from './routes.ts';
import { findTypedMessage, type TypedMessage } from './message-form.ts';

/** The fields of a letter on a form that is about something else. */
export const preservedPrefix = 'letter_';

/**
 * Shows the letter to its writer. To somebody else who has signed in meanwhile, in this browser, it is not offered for
 * sending: they are asked to let the writer log in. `lendToken` gives strangers' forms their token.
 */
export function showMessageAgain(formPages: FormPages, lendToken: (req: Request, res: Response) => void) {
  return (req: Request, res: Response, form: Form): void => {
    const letter = findTypedMessage(req.body);
    const isAnothers = letter?.writer && req.user && letter.writer !== req.user.username;
    if (res.statusCode === 401 || isAnothers) {
      lendToken(req, res);
      const login = {
        typed: { username: letter?.writer ?? '' },
        errors: { '': isAnothers ? anothers(letter.writer, req.user!.username) : form.errors['']! },
      };
      return res.render('accounts/login', { form: login, letter, user: undefined });
    }
    showSend(formPages, req, res, form);
  };
}

function anothers(writer: string, viewer: string): string {
  return `${writer} wrote this, but this browser is now signed in as ${viewer}. Log in as ${writer} to go on.`;
}

/**
 * After a login: a letter on the login form is kept as a draft of the person who wrote it. Returns where that person
 * goes on with it, undefined for anybody else; throws a refusal when there are far too many drafts.
 */
export type KeepPreservedMessage = (
  user: { id: string; username: string },
  body: unknown,
) => Promise<string | undefined>;

/**
 * Whoever logs in, the draft is its writer's: the form's page names them, encrypted when they were signed in, so that
 * nobody can leave drafts in the mailbox of somebody else. The person who logs in learns nothing of it.
 */
export function createKeepPreservedMessage(
  pool: Pool,
  { mailbox }: Config,
  formPages: FormPages,
): KeepPreservedMessage {
  return async (user, body) => {
    const letter = findTypedMessage(body, preservedPrefix);
    if (!letter) return undefined;
    const page = formPages.read(letter);
    const draft = draftOf(letter);
    const seen = page && { seen: page.seen };
    // Beyond the limit of drafts as well: nobody who logs in wants to read about drafts. But not without any end.
    const options = { ...seen, revives: true, limit: maxPreservedDrafts, mailboxBytes: mailbox.bytes };
    if (page && page.writerId !== user.id) {
      const kept = await asOwner(page.writerId, () => keepDraft(pool, page.writerId, draft, options));
      if ('id' in kept || kept.kind === 'ended') return undefined;
      throw notKept('whoever wrote the words on this page has no room for a draft. Let them make some');
    }
    if (!page && letter.writer !== user.username) return undefined;
    const kept = await keepDraft(pool, user.id, draft, options);
    if ('id' in kept) return `/send?draft=${kept.id}`;
    throw notKept(
      kept.kind === 'too long'
        ? `a draft has at most ${maxDraftLength.body.toLocaleString('en')} characters. Shorten it`
        : kept.kind === 'no room'
          ? 'your mailbox is full. Delete messages that you have sent and empty the trash'
          : `there are ${maxPreservedDrafts} drafts already. Discard some`,
    );
  };
}

function notKept(why: string): HttpError {
  return new HttpError(
    422,
    `You are logged in now, but ${why} in another window, and log in here once more: your words are kept on this page.`,
  );
}

function draftOf({ key, recipient, body }: TypedMessage) {
  return { id: key, recipient: keepable(recipient), body: keepable(body).replaceAll('\r\n', '\n') };
}

/** NUL, which PostgreSQL cannot keep, becomes what browsers make of it. */
function keepable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
