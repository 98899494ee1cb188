// Whatever refuses a letter gives it back: on the form, or on a login page that carries it until its writer is back.
import type { Request, Response } from 'express';
import type { Pool } from '../database/pool.ts';
import { draftLimit, saveDraft } from '../drafts/queries.ts';
import { HttpError } from '../web/errors.ts';
import type { Form } from '../web/forms.ts';
import { showSend } from './routes.ts';
import { letterIn } from './letter-form.ts';

/** The fields of a letter on a form that is about something else. */
export const carried = 'letter_';

/**
 * Shows the letter to its writer. To somebody else who has signed in meanwhile, in this browser, it is not offered for
 * sending: they are asked to let the writer log in. `lendToken` gives strangers' forms their token.
 */
export function giveLetterBack(lendToken: (req: Request, res: Response) => void) {
  return (req: Request, res: Response, form: Form): void => {
    const letter = letterIn(req.body);
    const isAnothers = letter?.writer && req.user && letter.writer !== req.user.username;
    if (res.statusCode === 401 || isAnothers) {
      lendToken(req, res);
      const login = {
        typed: { username: letter?.writer ?? '' },
        errors: { '': isAnothers ? anothers(letter.writer, req.user!.username) : form.errors['']! },
      };
      return res.render('accounts/login', { form: login, letter, user: undefined });
    }
    showSend(req, res, form);
  };
}

function anothers(writer: string, viewer: string): string {
  return `${writer} wrote this, but this browser is now signed in as ${viewer}. Log in as ${writer} to go on.`;
}

/**
 * After a login: if the login form carried a letter that this very person wrote, it is kept as a draft. Returns where
 * to go on with it; throws a refusal when there are far too many drafts.
 */
export async function keepCarriedLetter(
  pool: Pool,
  user: { id: string; username: string },
  body: unknown,
): Promise<string | undefined> {
  const letter = letterIn(body, carried);
  if (letter?.writer !== user.username) return undefined;
  const draft = {
    id: letter.key,
    recipient: keepable(letter.recipient),
    body: keepable(letter.body).replaceAll('\r\n', '\n'),
  };
  // Beyond the limit of drafts as well: nobody who logs in wants to read about drafts. But not without any end.
  if (!(await saveDraft(pool, user.id, draft, 2 * draftLimit))) {
    throw new HttpError(
      422,
      `You are logged in now, but there are ${2 * draftLimit} drafts already. Discard some in another window, and log in here once more: your words are kept on this page.`,
    );
  }
  return `/send?draft=${letter.key}`;
}

/** NUL, which PostgreSQL cannot keep, becomes what browsers make of it. */
function keepable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
