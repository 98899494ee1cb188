// createApp(): middleware and routes in the order every request passes through; read this first.
import express, { Router, type Express, type RequestHandler } from 'express';
import { accountRoutes } from './accounts/account-routes.ts';
import { confirmPasswordRoutes } from './accounts/confirm-password.ts';
import { deletionRoutes } from './accounts/deletion/routes.ts';
import { deviceRoutes } from './accounts/devices/routes.ts';
import { invitationRoutes } from './accounts/invitations/routes.ts';
import { requestOptions } from './accounts/passkeys/ceremonies.ts';
import { passkeyLoginRoutes, signingIn } from './accounts/passkeys/login-routes.ts';
import { passkeyRoutes } from './accounts/passkeys/routes.ts';
import { recoveryLoginRoutes } from './accounts/recovery/login-routes.ts';
import { recoveryRoutes } from './accounts/recovery/routes.ts';
import { registrationRoutes } from './accounts/registration.ts';
import { resetLinkRoutes } from './accounts/reset-links/routes.ts';
import { nameRoutes } from './accounts/name-routes.ts';
import { loginRoutes, logoutRoutes } from './accounts/routes.ts';
import { twoFactorRoutes } from './accounts/second-factor/login-routes.ts';
import { requireFactor } from './accounts/second-factor/require-factor.ts';
import { secondFactorRoutes } from './accounts/second-factor/routes.ts';
import { startPageRoutes } from './accounts/start-page-routes.ts';
import { timeZoneRoutes } from './accounts/time-zone-routes.ts';
import { preserveAnnouncement } from './admin/announcements/routes.ts';
import { onlyAdmins, requireConfirmation } from './admin/door.ts';
import { preserveDecision } from './admin/reports/routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { oneByOne } from './concurrency/one-by-one.ts';
import { forNobody } from './database/owner.ts';
import { showMessageAgain } from './mailbox/compose/refused-message.ts';
import { blockedRoutes } from './mailbox/contacts/blocked-routes.ts';
import { firstContactRoutes } from './mailbox/contacts/first-contact-routes.ts';
import { trayRoutes } from './mailbox/trays/routes.ts';
import { composeRoutes } from './mailbox/compose/routes.ts';
import { conversationListRoutes, conversationsPreload } from './mailbox/conversations/list-routes.ts';
import { conversationRoutes } from './mailbox/conversations/routes.ts';
import { draftRoutes } from './mailbox/drafts/routes.ts';
import { notifyOwnPages } from './mailbox/live/own-changes.ts';
import { liveRoutes } from './mailbox/live/routes.ts';
import { messagePreload, messageRoutes } from './mailbox/message-routes.ts';
import { questions } from './mailbox/questions.ts';
import { ownReportRoutes } from './mailbox/reports/own-routes.ts';
import { preserveReport, reportPath, reportRoutes } from './mailbox/reports/routes.ts';
import { inboxPreload, mailboxRoutes, sentPreload } from './mailbox/routes.ts';
import { peopleRoutes } from './mailbox/people/routes.ts';
import { searchRoutes } from './mailbox/search/routes.ts';
import { trashRoutes } from './mailbox/trash/routes.ts';
import { limitLargeForms } from './sessions/large-forms.ts';
import { startPreload } from './sessions/preload.ts';
import { openSessions, requireUser } from './sessions/session.ts';
import type { TransfersContext } from './transfers/context.ts';
import { exportRoutes } from './transfers/exports/routes.ts';
import { importRoutes } from './transfers/imports/routes.ts';
import { receiveUpload } from './transfers/imports/upload.ts';
import { serveAssets } from './web/assets.ts';
import { normalizeForwardedFor } from './web/client-address.ts';
import { parseCookiesLazily } from './web/cookies.ts';
import { guardForms, offerToken, refuseOtherSites } from './web/csrf.ts';
import { refuseUnknownPage, showErrors } from './web/errors.ts';
import { showFlash } from './web/flash.ts';
import { preserveInput, readForms, refuseBrokenAddresses, refuseNestedFields } from './web/forms.ts';
import { hideAddress, neverStore, secureHeaders } from './web/headers.ts';
import { healthRoutes } from './web/health.ts';
import { helpRoutes } from './web/help.ts';
import { logRequests } from './web/log.ts';
import { logLimits } from './web/security-log.ts';
import { readTimeZone } from './web/time-zones.ts';
import { countRequests } from './web/traffic.ts';
import { viewHelpers } from './web/view-helpers.ts';
import { renderPages } from './web/views.ts';

/** Everything that is made once for a process (process/context.ts). */
export interface AppContext extends TransfersContext {
  latestMigration: string;
  isStopping: () => boolean;
  measure?: RequestHandler | undefined; // with METRICS=on
}

/** The addresses that need a signed-in user; no other address reaches memberRoutes. */
const memberAddresses = [
  '/inbox{/*below}',
  '/sent{/*below}',
  '/messages/*below',
  '/send',
  '/drafts{/*below}',
  '/conversations',
  '/with/*below',
  '/trash{/*below}',
  '/requests{/*below}',
  '/blocked{/*below}',
  '/search',
  '/people{/*below}',
  '/events',
  '/help',
  '/account{/*below}',
  '/logout',
];

export function createApp(ctx: AppContext): Express {
  const { config, log } = ctx;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('trust proxy', config.trustProxy);
  Object.assign(app.locals, viewHelpers(ctx), {
    passkeyQuestion: () => requestOptions(ctx, signingIn),
    questions,
  });
  renderPages(app, config.isDevelopment);
  parseCookiesLazily(app, ctx.cookies);

  app.use(secureHeaders(config), healthRoutes(ctx));
  app.use(normalizeForwardedFor, logRequests(log), logLimits(log));
  if (ctx.measure) app.use(ctx.measure);
  app.use('/assets', serveAssets);
  app.use(countRequests('/account/import'), neverStore, refuseBrokenAddresses, forNobody);
  app.use(['/reset', '/register'], hideAddress);
  app.post(['/login{/*way}', '/register'], oneByOne());
  app.use(limitLargeForms(ctx), readForms, refuseNestedFields, offerToken);
  // Before anything that may refuse a form, so that every refusal preserves the user's text.
  app.post(['/send', '/drafts'], preserveInput(showMessageAgain(ctx)));
  app.post(reportPath, preserveReport);
  app.use(refuseOtherSites(ctx));
  for (const preload of [inboxPreload, sentPreload, conversationsPreload, messagePreload])
    app.get(preload.path, startPreload(preload));
  app.use(openSessions(ctx), readTimeZone(ctx), showFlash(ctx));
  app.post('/account/import', receiveUpload);

  app
    .route(memberAddresses)
    .all(requireUser(ctx), guardForms, requireFactor(ctx), notifyOwnPages(ctx), memberRoutes(ctx));
  app
    .route('/admin{/*below}')
    .all(
      preserveAnnouncement,
      preserveDecision,
      requireUser(ctx),
      onlyAdmins,
      guardForms,
      requireFactor(ctx),
      requireConfirmation(ctx),
      adminRoutes(ctx),
    );
  app.use(loginRoutes(ctx)); // / /login
  app.use(registrationRoutes(ctx)); // /register
  app.use(resetLinkRoutes(ctx)); // /reset/:token
  app.use(recoveryLoginRoutes(ctx)); // /login/recovery
  app.use(passkeyLoginRoutes(ctx)); // /login/passkey
  app.use(twoFactorRoutes(ctx)); // /login/second /login/second/passkey /login/second/recovery

  app.use(refuseUnknownPage, showErrors(ctx));
  return app;
}

function memberRoutes(ctx: AppContext): Router {
  return Router()
    .use(mailboxRoutes(ctx)) // /inbox /sent /messages/selected /messages/read; first, because requested most
    .use(messageRoutes(ctx)) // /messages/:id
    .use(reportRoutes(ctx)) // /messages/:id/report
    .use(composeRoutes(ctx)) // /send
    .use(draftRoutes(ctx)) // /drafts
    .use(conversationListRoutes(ctx)) // /conversations
    .use(conversationRoutes(ctx)) // /with/:username
    .use(trashRoutes(ctx)) // /trash
    .use(trayRoutes(ctx)) // /requests /blocked
    .use(searchRoutes(ctx)) // /search
    .use(peopleRoutes(ctx)) // /people
    .use(liveRoutes(ctx)) // /events
    .use(confirmPasswordRoutes(ctx)) // /account/confirm
    .use(accountRoutes(ctx)) // /account /account/password
    .use(nameRoutes(ctx)) // /account/name
    .use(timeZoneRoutes(ctx)) // /account/time-zone
    .use(startPageRoutes(ctx)) // /account/start-page
    .use(firstContactRoutes(ctx)) // /account/first-contact
    .use(blockedRoutes(ctx)) // /account/blocked
    .use(invitationRoutes(ctx)) // /account/invitations
    .use(deviceRoutes(ctx)) // /account/devices
    .use(recoveryRoutes(ctx)) // /account/recovery-codes
    .use(secondFactorRoutes(ctx)) // /account/second-factor
    .use(passkeyRoutes(ctx)) // /account/passkeys
    .use(ownReportRoutes(ctx)) // /account/reports
    .use(exportRoutes(ctx)) // /account/export
    .use(importRoutes(ctx)) // /account/import
    .use(deletionRoutes(ctx)) // /account/delete
    .use(logoutRoutes(ctx)) // /logout
    .use(helpRoutes()); // /help
}
