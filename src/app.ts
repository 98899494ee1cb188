// createApp(): middleware and routes in the order every request passes through; read this first.
import express, { Router, type Express, type RequestHandler } from 'express';
import { accountRoutes } from './accounts/account-routes.ts';
import { timeZoneRoutes } from './accounts/time-zone-routes.ts';
import { createChangeAccount } from './accounts/changes.ts';
import { createLoginAttempts } from './accounts/login-attempts.ts';
import { createPasswords } from './accounts/passwords.ts';
import { createConfirmPassword } from './accounts/confirm-password.ts';
import { registrationRoutes } from './accounts/registration.ts';
import { logoutRoutes, anonymousRoutes } from './accounts/routes.ts';
import { createSignIn } from './accounts/sign-in.ts';
import type { HashUsername } from './accounts/used-usernames.ts';
import { createFormPages } from './mailbox/compose/form-page.ts';
import { createKeepPreservedMessage, showMessageAgain } from './mailbox/compose/refused-message.ts';
import { composeRoutes } from './mailbox/compose/routes.ts';
import type { Config } from './config.ts';
import { conversationRoutes } from './mailbox/conversations/routes.ts';
import { forNobody } from './database/owner.ts';
import type { Pool } from './database/pool.ts';
import { createFlashChange } from './accounts/devices/flash-change.ts';
import { openKnownBrowsers } from './accounts/devices/known-browsers.ts';
import { deviceRoutes } from './accounts/devices/routes.ts';
import { draftRoutes } from './mailbox/drafts/routes.ts';
import { exportRoutes } from './transfers/exports/routes.ts';
import { importRoutes } from './transfers/imports/routes.ts';
import type { ImportJobs } from './transfers/imports/jobs.ts';
import { receiveUpload } from './transfers/imports/upload.ts';
import { deletionRoutes } from './accounts/deletion/routes.ts';
import type { Notifier } from './mailbox/live/notifier.ts';
import { invitationRoutes } from './accounts/invitations/routes.ts';
import { notifyOwnPages } from './mailbox/live/own-changes.ts';
import { liveRoutes } from './mailbox/live/routes.ts';
import type { Streams } from './mailbox/live/streams.ts';
import { messageRoutes } from './mailbox/message-routes.ts';
import { preload } from './mailbox/preload.ts';
import { mailboxRoutes } from './mailbox/routes.ts';
import { openCeremonies } from './accounts/passkeys/ceremonies.ts';
import { passkeyLogin, signingIn } from './accounts/passkeys/login-routes.ts';
import { passkeyRoutes } from './accounts/passkeys/routes.ts';
import { recoveryLogin } from './accounts/recovery/login-routes.ts';
import { recoveryRoutes } from './accounts/recovery/routes.ts';
import { resetLinkRoutes } from './accounts/reset-links/routes.ts';
import type { Encryption } from './secrets/encryption.ts';
import { searchRoutes } from './mailbox/search/routes.ts';
import { openPendingLogins } from './accounts/second-factor/pending-login.ts';
import { twoFactorRoutes } from './accounts/second-factor/login-routes.ts';
import { secondFactorRoutes } from './accounts/second-factor/routes.ts';
import { requireFactor } from './accounts/second-factor/require-factor.ts';
import { openTwoFactorLogins } from './accounts/second-factor/two-factor-login.ts';
import { trashRoutes } from './mailbox/trash/routes.ts';
import { serveAssets } from './web/assets.ts';
import { normalizeForwardedFor } from './web/client-address.ts';
import { parseCookiesLazily } from './web/cookies.ts';
import { guardForms, offerToken, refuseOtherSites, anonymousToken } from './web/csrf.ts';
import { refuseUnknownPage, showErrors } from './web/errors.ts';
import { openFlash } from './web/flash.ts';
import { preserveInput, readForms, refuseBrokenAddresses, refuseNestedFields } from './web/forms.ts';
import { hideAddress, neverStore, secureHeaders } from './web/headers.ts';
import { healthRoutes } from './web/health.ts';
import { limitLargeForms } from './sessions/large-forms.ts';
import { logRequests, type Log } from './web/log.ts';
import { oneByOne } from './concurrency/one-by-one.ts';
import { openSessions, requireUser } from './sessions/session.ts';
import { readTimeZone } from './web/time-zones.ts';
import { countRequests } from './web/traffic.ts';
import { viewHelpers } from './web/view-helpers.ts';
import { renderPages } from './web/views.ts';

export interface AppParts {
  config: Config;
  pool: Pool;
  log: Log;
  secrets: string[]; // sign cookies; the current one first
  encryption: Encryption;
  hashUsername: HashUsername;
  notifier: Notifier;
  streams: Streams;
  importJobs: ImportJobs;
  latestMigration: string;
  isStopping: () => boolean;
}

export function createApp(parts: AppParts): Express {
  const {
    config,
    pool,
    log,
    secrets,
    encryption,
    hashUsername,
    notifier,
    streams,
    importJobs,
    latestMigration,
    isStopping,
  } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('trust proxy', config.trustProxy);
  renderPages(app, config.isDevelopment);
  parseCookiesLazily(app, config, secrets);

  const passwords = createPasswords(config.password);
  const confirmPassword = createConfirmPassword(pool, config, passwords);
  const changeAccount = createChangeAccount(pool, notifier);
  const browsers = openKnownBrowsers(pool, config, notifier);
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const attemptsParts = { pool, config, browsers, notifier, onError };
  const loginAttempts = createLoginAttempts(attemptsParts, 'logins', 'passwords');
  const recoveryAttempts = createLoginAttempts(attemptsParts, 'recoveries', 'recovery codes');
  const signIn = createSignIn(pool, browsers);
  const { flash, showFlash } = openFlash(config);
  const flashChange = createFlashChange(pool, flash);
  const pendingLogins = openPendingLogins(encryption, config);
  const ceremonies = openCeremonies(pool, encryption, config);
  Object.assign(app.locals, viewHelpers(config), { passkeyQuestion: () => ceremonies.askForUse(signingIn) });
  const formPages = createFormPages(encryption);
  const keepPreservedMessage = createKeepPreservedMessage(pool, config, formPages);
  const twoFactorLogins = openTwoFactorLogins({
    pool,
    config,
    signIn,
    keepPreservedMessage,
    pendingLogins,
    flash,
  });

  app.use(secureHeaders(config), healthRoutes(pool, latestMigration, isStopping));
  app.use(normalizeForwardedFor, logRequests(log));
  app.use('/assets', serveAssets);
  app.use(countRequests('/account/import'), neverStore, refuseBrokenAddresses, forNobody);
  app.use(['/reset', '/register'], hideAddress);
  app.post(['/login{/*way}', '/register'], oneByOne());
  app.use(limitLargeForms(config), readForms, refuseNestedFields, offerToken);
  // Before anything that may refuse a form, so that every refusal preserves the user's text.
  app.post(['/send', '/drafts'], preserveInput(showMessageAgain(formPages, anonymousToken(config))));
  app.use(refuseOtherSites(log));
  app.use(openSessions(config, pool, preload), readTimeZone(config), showFlash);

  app.post('/account/import', receiveUpload);
  app.use(
    forMembers(
      requireUser,
      guardForms,
      requireFactor(pool, config),
      notifyOwnPages(notifier),
      mailboxRoutes(pool, flash), // first, because requested most
      messageRoutes(pool, flash, notifier),
      composeRoutes({ pool, config, formPages, flash, notifier }),
      draftRoutes(pool, config, formPages, flash),
      conversationRoutes(pool, formPages),
      trashRoutes(pool, flash),
      searchRoutes(pool, config),
      liveRoutes(pool, streams),
      confirmPassword.routes,
      accountRoutes({ pool, config, passwords, confirmPassword, changeAccount, flash }),
      timeZoneRoutes(pool, flash),
      invitationRoutes(pool, config, flash),
      deviceRoutes(pool, confirmPassword, flash, notifier),
      recoveryRoutes({ pool, encryption, confirmPassword, changeAccount, flash }),
      secondFactorRoutes({ pool, config, confirmPassword, changeAccount, encryption, flashChange }),
      passkeyRoutes({ pool, confirmPassword, changeAccount, ceremonies, flashChange }),
      exportRoutes(pool, config, confirmPassword),
      importRoutes(pool, importJobs, confirmPassword),
      deletionRoutes({ pool, config, log, confirmPassword, flash, notifier }),
      logoutRoutes(config, notifier),
    ),
  );

  app.use(
    anonymousRoutes({
      pool,
      config,
      passwords,
      signIn,
      attempts: loginAttempts,
      keepPreservedMessage,
      pendingLogins,
    }),
  );
  app.use(registrationRoutes({ pool, config, passwords, signIn, hashUsername }));
  app.use(resetLinkRoutes({ pool, config, passwords, flash, notifier }));
  app.use(
    recoveryLogin({
      pool,
      config,
      encryption,
      signIn,
      keepPreservedMessage,
      flash,
      notifier,
      attempts: recoveryAttempts,
    }),
  );
  app.use(passkeyLogin({ pool, config, signIn, keepPreservedMessage, ceremonies }));
  app.use(
    twoFactorRoutes({
      pool,
      config,
      log,
      encryption,
      twoFactorLogins,
      ceremonies,
      browsers,
      notifier,
      flash,
    }),
  );

  app.use(refuseUnknownPage, showErrors(log, config.isDevelopment));
  return app;
}

const memberPaths = new Set(
  '/send /drafts /inbox /sent /messages /with /trash /search /events /account /logout'.split(' '),
);

/** Runs the handlers below these paths only; the first handler is requireUser. */
function forMembers(...handlers: RequestHandler[]): RequestHandler {
  const isBelow = (path: string) => memberPaths.has(/^\/[^/]*/.exec(path)?.[0].toLowerCase() ?? '');
  return Router()
    .use((req, _res, next) => next(isBelow(req.path) ? undefined : 'router'))
    .use(...handlers);
}
