// createApp(): the order that every request meets. Read this first.
import express, { Router, type Express, type RequestHandler } from 'express';
import { accountRoutes } from './accounts/account-routes.ts';
import { timeZoneRoutes } from './accounts/time-zone-routes.ts';
import { createChangeAccount } from './accounts/changes.ts';
import { createLoginTries } from './accounts/login-tries.ts';
import { createPasswords } from './accounts/passwords.ts';
import { createProof } from './accounts/proof.ts';
import { registrationRoutes } from './accounts/registration.ts';
import { logoutRoutes, strangersRoutes } from './accounts/routes.ts';
import { createSignIn } from './accounts/sign-in.ts';
import type { HashUsername } from './accounts/used-usernames.ts';
import { createFormPages } from './compose/form-page.ts';
import { createKeepCarriedLetter, giveLetterBack } from './compose/refused-letter.ts';
import { composeRoutes } from './compose/routes.ts';
import type { Config } from './config.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { forNobody } from './database/owner.ts';
import type { Pool } from './database/pool.ts';
import { createFlashChange } from './devices/flash-change.ts';
import { openKnownBrowsers } from './devices/known-browsers.ts';
import { deviceRoutes } from './devices/routes.ts';
import { draftRoutes } from './drafts/routes.ts';
import { exportRoutes } from './exports/routes.ts';
import { importRoutes } from './imports/routes.ts';
import type { ImportJobs } from './imports/jobs.ts';
import { receiveUpload } from './imports/upload.ts';
import { leavingRoutes } from './leaving/routes.ts';
import type { Bell } from './live/bell.ts';
import { invitationRoutes } from './invitations/routes.ts';
import { notifyOwnPages } from './live/own-changes.ts';
import { liveRoutes } from './live/routes.ts';
import type { Streams } from './live/streams.ts';
import { messageRoutes } from './mailbox/message-routes.ts';
import { bringAlong } from './mailbox/along.ts';
import { mailboxRoutes } from './mailbox/routes.ts';
import { openCeremonies } from './passkeys/ceremonies.ts';
import { passkeyLogin, signingIn } from './passkeys/login-routes.ts';
import { passkeyRoutes } from './passkeys/routes.ts';
import { recoveryLogin } from './recovery/login-routes.ts';
import { recoveryRoutes } from './recovery/routes.ts';
import { resetLinkRoutes } from './reset-links/routes.ts';
import type { Seal } from './sealing.ts';
import { searchRoutes } from './search/routes.ts';
import { openBegunSignIns } from './second-factor/begun-sign-in.ts';
import { secondStepRoutes } from './second-factor/login-routes.ts';
import { secondFactorRoutes } from './second-factor/routes.ts';
import { requireFactor } from './second-factor/require-factor.ts';
import { openSecondSteps } from './second-factor/second-step.ts';
import { trashRoutes } from './trash/routes.ts';
import { serveAssets } from './web/assets.ts';
import { normalizeForwardedFor } from './web/client-address.ts';
import { parseCookiesLazily } from './web/cookies.ts';
import { guardForms, offerToken, refuseOtherSites, strangersToken } from './web/csrf.ts';
import { refuseUnknownPage, showErrors } from './web/errors.ts';
import { openFlash } from './web/flash.ts';
import { keepTyped, readForms, refuseBrokenAddresses, refuseNestedFields } from './web/forms.ts';
import { hideAddress, neverStore, secureHeaders } from './web/headers.ts';
import { healthRoutes } from './web/health.ts';
import { takeLargeFormsInTurn } from './web/large-forms.ts';
import { logRequests, type Log } from './web/log.ts';
import { oneByOne } from './web/one-by-one.ts';
import { openSessions, requireUser } from './web/session.ts';
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
