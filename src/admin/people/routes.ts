// People: GET /admin/people, one of them below it, and what an administrator can do about them.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../../accounts/context.ts';
import { bytesInWords, countOf } from '../../in-words.ts';
import { foldUsername } from '../../usernames.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { pageOnwards, rowsRead } from '../../web/paging.ts';
import { addressUsed } from '../../web/site-address.ts';
import { calendarDay } from '../../web/times.ts';
import { logPageAct } from '../act-log.ts';
import {
  clearName,
  deletePerson,
  disableUser,
  enableUser,
  endAdmin,
  endSessions,
  makeAdmin,
  makeResetLinkFor,
  perform,
  type PersonAct,
} from './acts.ts';
import { findPerson, listPeople, type ListedPerson } from './queries.ts';

const part = z.string().max(100);
const query = z.object({ q: part.default('').transform((text) => text.trim()), after: part.default('') });

/** By the last part of their address. */
const acts: Record<string, PersonAct> = {
  'end-sessions': endSessions,
  disable: disableUser,
  enable: enableUser,
  'clear-name': clearName,
  'make-administrator': makeAdmin,
  'end-administrator': endAdmin,
};

export function adminPeopleRoutes(ctx: AccountsContext): Router {
  const { config, pool, log } = ctx;
  const router = Router();

  router
    .route('/admin/people')
    .get(async (req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, 'A name has at most 100 characters.');
      const { q, after } = asked.data;
      const found = await listPeople(pool, q, after, rowsRead);
      const { rows, next } = pageOnwards(found, ({ username }) => addressOf({ q, after: username }));
      res.render('admin/people/people', {
        q,
        people: rows.map(shown),
        next,
        first: after ? addressOf({ q }) : undefined,
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/admin/people/:name')
    .get(async (req, res) => {
      res.render('admin/people/person', { person: shown(await personOf(req)) });
    })
    .all(allowOnly('GET'));

  for (const [name, act] of Object.entries(acts))
    router
      .route(`/admin/people/:name/${name}`)
      .post(async (req, res) => {
        const person = await personOf(req);
        await logPageAct(ctx, req, { command: act.command, userId: person.id });
        const { words } = await perform(pool, 'An administrator', act, person);
        flash(ctx, res, { line: words });
        res.redirect(303, pageOf(person));
      })
      .all(allowOnly('POST'));

  router
    .route('/admin/people/:name/reset-link')
    .post(async (req, res) => {
      const person = await personOf(req);
      const drops = typedIn(req.body).dropsSecondFactor === 'yes';
      const options = drops ? ['--drop-second-factor'] : [];
      await logPageAct(ctx, req, { command: 'reset-link', userId: person.id, options });
      const { link } = await makeResetLinkFor(
        pool,
        addressUsed(config, req),
        'An administrator',
        person,
        drops,
      );
      flash(ctx, res, { line: `There is a link for ${person.username}. It is shown only once.`, link });
      res.redirect(303, pageOf(person));
    })
    .all(allowOnly('POST'));

  router
    .route('/admin/people/:name/delete')
    .get(async (req, res) => showDeletion(res, await personOf(req), blankForm()))
    .post(async (req, res) => {
      const person = await personOf(req);
      const form = blankForm(typedIn(req.body));
      if (foldUsername(form.typed.name ?? '') !== person.username)
        return showDeletion(res.status(422), person, rejectField(form, 'name', 'This is not the name.'));
      await logPageAct(ctx, req, { command: 'delete', userId: person.id });
      const { isRefused, words } = await deletePerson(pool, person, (error) =>
        log.error({ err: error }, 'account deletion'),
      );
      flash(ctx, res, { line: words });
      res.redirect(303, isRefused ? pageOf(person) : '/admin/people');
    })
    .all(allowOnly('GET', 'POST'));

  async function personOf(req: Request<{ name: string }>): Promise<ListedPerson> {
    const person = await findPerson(pool, foldUsername(req.params.name));
    if (!person) throw new HttpError(404, 'There is nobody of this name (any more).');
    return person;
  }
  return router;
}

const pageOf = ({ username }: ListedPerson) => `/admin/people/${username}`;

function addressOf({ q, after }: { q: string; after?: string }): string {
  const fields = new URLSearchParams({ ...(q && { q }), ...(after && { after }) }).toString();
  return fields ? `/admin/people?${fields}` : '/admin/people';
}

function shown(person: ListedPerson) {
  const { registeredAt, seenOn, messages, bytes } = person;
  return {
    ...person,
    registered: calendarDay(registeredAt),
    seen: seenOn && calendarDay(new Date(seenOn)),
    mailbox:
      messages === null || bytes === null
        ? 'not counted yet'
        : `${countOf(messages, 'message')}, ${bytesInWords(bytes)}`,
  };
}

function showDeletion(res: Response, { username, displayName }: ListedPerson, form: Form): void {
  res.render('admin/people/delete', { username, displayName, form });
}
