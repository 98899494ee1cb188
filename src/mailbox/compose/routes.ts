// Compose and send a message: GET and POST /send.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { now } from '../../clock.ts';
import { defaultFirstContact } from '../contacts/first-contact.ts';
import { secondsToNextDay } from '../contacts/new-people.ts';
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
import { forwarded, openQuoted, quoted } from './quoting.ts';
import { listUnknown } from './recipients.ts';
import { inWords, refuse, unknown } from './refusals.ts';
import { sendMessage } from './send-message.ts';

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
        newPeoplePerDay: config.newPeoplePerDay,
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
      if (outcome.kind === 'too many new') {
        const waiting = res.status(429).set('Retry-After', String(secondsToNextDay(now())));
        return show(req, waiting, refuse(form, outcome, to.length));
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

/** Of a form that is refused anyway, so that it shows all its errors. */
async function rejectUnknown({ pool }: WebContext, form: Form): Promise<Form> {
  const to = messageForm.shape.recipient.safeParse(form.typed.recipient).data;
  const names = to ? await listUnknown(pool, to) : [];
  return to && names.length > 0 ? rejectField(form, 'recipient', unknown(names, to.length)) : form;
}

/** Shows the form with everything typed. A refused form shown again becomes a new page (nextFormPage). */
export function showSend(
  ctx: WebContext,
  req: Request,
  res: Response,
  form: Form,
  offered: OfferedPeople = { people: [], meant: [], newPeople: undefined },
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
