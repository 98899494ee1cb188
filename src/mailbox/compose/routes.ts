// Compose and send a message: GET and POST /send.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { now } from '../../clock.ts';
import { defaultFirstContact } from '../contacts/first-contact.ts';
import { findDraft, type Seen } from '../drafts/queries.ts';
import type { MailboxContext } from '../context.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { localPath } from '../../web/local-path.ts';
import { signedIn } from '../../sessions/session.ts';
import { beginFormPage, nextFormPage, readFormPage } from './form-page.ts';
import {
  bodyLimit,
  chooseRecipient,
  digestOf,
  formKey,
  messageForm,
  newFormKey,
  readMessage,
} from './message-form.ts';
import { offerPeople, type OfferedPeople } from './offered-people.ts';
import { listUnknown } from './queries.ts';
import { forwarded, openQuoted, quoted } from './quoting.ts';
import { sendMessage, type Outcome } from './send-message.ts';

export function composeRoutes(ctx: MailboxContext): Router {
  const { config, pool, notifier, rateLimits } = ctx;
  const router = Router();
  // A message refused because a mailbox is full costs a recount, but does not count as sent.
  const counts = rateLimits('mailbox-counts', config.sendsPerMinute, 60);
  const show = async (req: Request, res: Response, form: Form): Promise<void> =>
    showSend(ctx, req, res, form, await offerPeople(ctx, signedIn(req).id, form));

  router
    .route('/send')
    .get(async (req, res) => {
      const [typed, offered] = await Promise.all([
        begin(ctx, req, res.locals.readersTime.timeZone),
        offerPeople(ctx, signedIn(req).id, blankForm()),
      ]);
      showSend(ctx, req, res, blankForm(typed), offered);
    })
    .post(async (req, res) => {
      const chosen = chooseRecipient(req.body);
      if (chosen !== undefined) return show(req, res, blankForm({ ...typedIn(req.body), recipient: chosen }));
      const form = parseForm(messageForm, req.body);
      if (!form.ok) return show(req, res.status(422), await rejectUnknown(ctx, form));

      const { recipient: to, body, key: draftId, from } = form.values;
      const message = {
        from: signedIn(req).id,
        to,
        body,
        draftId,
        digest: digestOf(form.values),
        seen: seenBy(ctx, req),
        sentAt: now(),
      };
      const limits = {
        perMinute: config.sendsPerMinute,
        mailbox: config.mailbox,
        firstContact: defaultFirstContact(ctx),
      };
      const outcome = await sendMessage(
        pool,
        limits,
        message,
        async () => void (await counts.consume(message.from)),
      );
      notifier.notify(outcome.warned, 'arrivals');
      if (outcome.kind === 'too many') {
        throw new HttpError(
          429,
          'You have sent many messages in a short time. Please wait a minute and press Send again.',
          60,
        );
      }
      if (outcome.kind !== 'sent') return show(req, res.status(422), refuse(form, outcome, to.length));
      notifier.notify(outcome.reached, 'arrivals');
      flash(ctx, res, { line: `Sent to ${inWords(to)}.${outcome.isDraftKept ? newerKept : ''}` });
      const back = localPath(from) ?? '/inbox';
      res.redirect(303, back.startsWith('/with/') ? `${back}#latest` : back);
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function seenBy(ctx: WebContext, req: Request): Seen {
  const page = readFormPage(ctx, readMessage(req.body));
  return page?.writerId === signedIn(req).id ? page.seen : { version: 0, pages: [] };
}

const newerKept = ' Its draft was changed on another page meanwhile, so it is kept.';

async function begin(ctx: WebContext, req: Request, timeZone: string): Promise<Record<string, string>> {
  const { to, draft: id, quote, forward } = req.query;
  if (quote !== undefined) {
    const message = await openQuoted(ctx, req, quote);
    return { recipient: message.origin ? '' : (message.other ?? ''), body: quoted(message, timeZone) };
  }
  if (forward !== undefined) return { body: forwarded(ctx, await openQuoted(ctx, req, forward), timeZone) };
  // A one-line field would join names that are on separate lines.
  if (id === undefined) return { recipient: typeof to === 'string' ? to.replaceAll(/[\r\n]+/g, ', ') : '' };
  const draftId = z.uuid().safeParse(id);
  const draft = draftId.success ? await findDraft(ctx.pool, signedIn(req).id, draftId.data) : undefined;
  if (!draft) throw new HttpError(404, 'This draft does not exist (any more).');
  const page = beginFormPage(ctx, signedIn(req).id, draft.id, draft.version);
  return { recipient: draft.recipient, body: draft.body, key: draft.id, page };
}

function refuse(
  form: Form,
  outcome: Extract<Outcome, { kind: 'unknown' | 'full' | 'unanswered' }>,
  outOf: number,
): Form {
  if (outcome.kind === 'unknown') return rejectField(form, 'recipient', unknown(outcome.names, outOf));
  if (outcome.kind === 'unanswered') return rejectField(form, 'recipient', unanswered(outcome.names));
  const own =
    'Your mailbox is full, so nothing was sent. Delete some sent messages, empty the trash, and send it again.';
  const refused = outcome.isOwn ? rejectField(form, '', own) : form;
  return outcome.names.length > 0 ? rejectField(refused, 'recipient', full(outcome.names)) : refused;
}

/** Of a form that is refused anyway, so that it shows all its errors. */
async function rejectUnknown({ pool }: WebContext, form: Form): Promise<Form> {
  const to = messageForm.shape.recipient.safeParse(form.typed.recipient).data;
  const names = to ? await listUnknown(pool, to) : [];
  return to && names.length > 0 ? rejectField(form, 'recipient', unknown(names, to.length)) : form;
}

function unknown(names: string[], outOf: number): string {
  if (outOf === 1) return 'Nobody here has that username.';
  return names.length === 1
    ? `Nobody here has the username ${names[0]}. Nothing was sent.`
    : `Nobody here has these usernames: ${names.join(', ')}. Nothing was sent.`;
}

function full(names: string[]): string {
  const whose =
    names.length === 1 ? `${names[0]}’s mailbox is full` : `The mailboxes of ${inWords(names)} are full`;
  return `${whose}, so nothing was sent. Your text is still here: save it as a draft and try again later.`;
}

function unanswered(names: string[]): string {
  const whose =
    names.length === 1 ? `${names[0]}’s mailbox accepts` : `The mailboxes of ${inWords(names)} accept`;
  const until = names.length === 1 ? `${names[0]} answers` : 'they answer';
  return `${whose} no more from you until ${until}, so nothing was sent. Your text is still here: save it as a draft.`;
}

function inWords(names: string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Shows the form with everything typed. A refused form shown again becomes a new page (nextFormPage). */
export function showSend(
  ctx: WebContext,
  req: Request,
  res: Response,
  form: Form,
  offered: OfferedPeople = { people: [], meant: [] },
): void {
  const key = formKey.safeParse(form.typed.key).data ?? newFormKey();
  const fields = { ...readMessage(form.typed), key };
  const isNew = req.method === 'GET' && fields.page !== '';
  const page = isNew || !req.user ? fields.page : nextFormPage(ctx, req.user.id, fields);
  const saves = String(page === fields.page ? fields.saves : 0);
  res.render('mailbox/compose/send', {
    form: { ...form, typed: { ...form.typed, key, page, saves } },
    bodyLimit,
    ...offered,
  });
}
