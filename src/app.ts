// createApp(): the order that every request meets. Read this first.
import express, { Router, type Express, type RequestHandler } from 'express';
import { accountRoutes } from './accounts/account-routes.ts';
import { timeZoneRoutes } from './accounts/time-zone-routes.ts';
import { createChangeAccount } from './accounts/changes.ts';
import { createLoginTries } from './accounts/login-attempts.ts';
import { createPasswords } from './accounts/passwords.ts';
import { createProof } from './accounts/confirm-password.ts';
import { registrationRoutes } from './accounts/registration.ts';
import { logoutRoutes, strangersRoutes } from './accounts/routes.ts';
import { createSignIn } from './accounts/sign-in.ts';
import type { HashUsername } from './accounts/used-usernames.ts';
import { createFormPages } from './mailbox/compose/form-page.ts';
import { createKeepCarriedLetter, giveLetterBack } from './mailbox/compose/refused-message.ts';
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
import { leavingRoutes } from './accounts/deletion/routes.ts';
import type { Bell } from './mailbox/live/notifier.ts';
import { invitationRoutes } from './accounts/invitations/routes.ts';
import { notifyOwnPages } from './mailbox/live/own-changes.ts';
import { liveRoutes } from './mailbox/live/routes.ts';
import type { Streams } from './mailbox/live/streams.ts';
import { messageRoutes } from './mailbox/message-routes.ts';
import { bringAlong } from './mailbox/preload.ts';
import { mailboxRoutes } from './mailbox/routes.ts';
import { openCeremonies } from './accounts/passkeys/ceremonies.ts';
import { passkeyLogin, signingIn } from './accounts/passkeys/login-routes.ts';
import { passkeyRoutes } from './accounts/passkeys/routes.ts';
import { recoveryLogin } from './accounts/recovery/login-routes.ts';
import { recoveryRoutes } from './accounts/recovery/routes.ts';
import { resetLinkRoutes } from './accounts/reset-links/routes.ts';
import type { Seal } from './secrets/encryption.ts';
import { searchRoutes } from './mailbox/search/routes.ts';
import { openBegunSignIns } from './accounts/second-factor/pending-login.ts';
import { secondStepRoutes } from './accounts/second-factor/login-routes.ts';
import { secondFactorRoutes } from './accounts/second-factor/routes.ts';
import { requireFactor } from './accounts/second-factor/require-factor.ts';
import { openSecondSteps } from './accounts/second-factor/two-factor-login.ts';
import { trashRoutes } from './mailbox/trash/routes.ts';
import { serveAssets } from './web/assets.ts';
import { normalizeForwardedFor } from './web/client-address.ts';
import { parseCookiesLazily } from './web/cookies.ts';
import { guardForms, offerToken, refuseOtherSites, strangersToken } from './web/csrf.ts';
import { refuseUnknownPage, showErrors } from './web/errors.ts';
import { openFlash } from './web/flash.ts';
import { keepTyped, readForms, refuseBrokenAddresses, refuseNestedFields } from './web/forms.ts';
import { hideAddress, neverStore, secureHeaders } from './web/headers.ts';
import { healthRoutes } from './web/health.ts';
import { takeLargeFormsInTurn } from './sessions/large-forms.ts';
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
  /** The secrets that sign cookies, the one in use first. */
  secrets: string[];
  /** Seals what the database must not hold in clear. */
  seal: Seal;
  hashUsername: HashUsername;
  bell: Bell;
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
    seal,
    hashUsername,
    bell,
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
  const proof = createProof(pool, config, passwords);
  const changeAccount = createChangeAccount(pool, bell);
  const browsers = openKnownBrowsers(pool, config, bell);
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const forTries = { pool, config, browsers, bell, onError };
  const loginTries = createLoginTries(forTries, 'logins', 'passwords');
  const recoveryTries = createLoginTries(forTries, 'recoveries', 'recovery codes');
  const signIn = createSignIn(pool, browsers);
  const { flash, showFlash } = openFlash(config);
  const flashChange = createFlashChange(pool, flash);
  const begunSignIns = openBegunSignIns(seal, config);
  const ceremonies = openCeremonies(pool, seal, config);
  Object.assign(app.locals, viewHelpers(config), { passkeyQuestion: () => ceremonies.askForUse(signingIn) });
  const formPages = createFormPages(seal);
  const keepCarriedLetter = createKeepCarriedLetter(pool, config, formPages);
  const secondSteps = openSecondSteps({ pool, config, signIn, keepCarriedLetter, begunSignIns, flash });

  app.use(secureHeaders(config), healthRoutes(pool, latestMigration, isStopping));
  app.use(normalizeForwardedFor, logRequests(log));
  app.use('/assets', serveAssets);
  app.use(countRequests, neverStore, refuseBrokenAddresses, forNobody);
  app.use(['/reset', '/register'], hideAddress);
  app.post(['/login{/*way}', '/register'], oneByOne());
  app.use(takeLargeFormsInTurn(config), readForms, refuseNestedFields, offerToken);
  // Before anything that may refuse: what somebody wrote is given back.
  app.post(['/send', '/drafts'], keepTyped(giveLetterBack(formPages, strangersToken(config))));
  app.use(refuseOtherSites(log));
  app.use(openSessions(config, pool, bringAlong), readTimeZone(config), showFlash);

  app.post('/account/import', receiveUpload);
  app.use(
    forMembers(
      requireUser,
      guardForms,
      requireFactor(pool, config),
      notifyOwnPages(bell),
      mailboxRoutes(pool, flash), // first what is asked for most
      messageRoutes(pool, flash, bell),
      composeRoutes({ pool, config, formPages, flash, bell }),
      draftRoutes(pool, config, formPages, flash),
      conversationRoutes(pool, formPages),
      trashRoutes(pool, flash),
      searchRoutes(pool, config),
      liveRoutes(pool, streams),
      proof.routes,
      accountRoutes({ pool, config, passwords, proof, changeAccount, flash }),
      timeZoneRoutes(pool, flash),
      invitationRoutes(pool, config, flash),
      deviceRoutes(pool, proof, flash, bell),
      recoveryRoutes({ pool, seal, proof, changeAccount, flash }),
      secondFactorRoutes({ pool, config, proof, changeAccount, seal, flashChange }),
      passkeyRoutes({ pool, proof, changeAccount, ceremonies, flashChange }),
      exportRoutes(pool, config, proof),
      importRoutes(pool, importJobs, proof),
      leavingRoutes({ pool, config, log, proof, flash, bell }),
      logoutRoutes(config, bell),
    ),
  );

  app.use(
    strangersRoutes({ pool, config, passwords, signIn, tries: loginTries, keepCarriedLetter, begunSignIns }),
  );
  app.use(registrationRoutes({ pool, config, passwords, signIn, hashUsername }));
  app.use(resetLinkRoutes({ pool, config, passwords, flash, bell }));
  app.use(
    recoveryLogin({ pool, config, seal, signIn, keepCarriedLetter, flash, bell, tries: recoveryTries }),
  );
  app.use(passkeyLogin({ pool, config, signIn, keepCarriedLetter, ceremonies }));
  app.use(secondStepRoutes({ pool, config, log, seal, secondSteps, ceremonies, browsers, bell, flash }));

  app.use(refuseUnknownPage, showErrors(log, config.isDevelopment));
  return app;
}

const membersPlaces = new Set(
  '/send /drafts /inbox /sent /messages /with /trash /search /events /account /logout'.split(' '),
);

/** What answers below these addresses, and nowhere else: its first handler is the door. */
function forMembers(...handlers: RequestHandler[]): RequestHandler {
  const members = Router();
  members.use(...handlers);
  return (req, res, next) => {
    const [place = ''] = /^\/[^/]*/.exec(req.path) ?? [];
    if (membersPlaces.has(place.toLowerCase())) members(req, res, next);
    else next();
  };
}
