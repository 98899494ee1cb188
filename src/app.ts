// createApp(): the order that every request meets. Read this first.
import cookieParser from 'cookie-parser';
import ejs from 'ejs';
import express, { type Express } from 'express';
import { logoutRoutes, strangersRoutes } from './accounts/routes.ts';
import type { Config } from './config.ts';
import type { Pool } from './database/pool.ts';
import { messageRoutes, showSend } from './messages/routes.ts';
import { readAssetAddresses, serveAssets } from './web/assets.ts';
import { guardForms, offerToken, refuseOtherSites } from './web/csrf.ts';
import { refuseUnknownPage, showErrors } from './web/errors.ts';
import { openFlash } from './web/flash.ts';
import { keepTyped, readForms, refuseBrokenAddresses, refuseNestedFields } from './web/forms.ts';
import { neverStore, secureHeaders } from './web/headers.ts';
import { healthRoutes } from './web/health.ts';
import { logRequests, type Log } from './web/log.ts';
import { openSessions, requireUser } from './web/session.ts';
import { exactTime, timeAgo } from './web/times.ts';

export interface AppParts {
  config: Config;
  pool: Pool;
  log: Log;
  /** The secrets that sign cookies, the one in use first. */
  secrets: string[];
  latestMigration: string;
  isStopping: () => boolean;
}

export function createApp({ config, pool, log, secrets, latestMigration, isStopping }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('trust proxy', config.trustProxy);
  app.set('views', new URL('../views/', import.meta.url).pathname).set('view engine', 'ejs');
  app.engine('ejs', ejs.renderFile);
  app.set('view cache', !config.isDevelopment);
  Object.assign(app.locals, { asset: readAssetAddresses(), timeAgo, exactTime });

  const { flash, showFlash } = openFlash(config.isHttps);
  const sessions = openSessions(config, pool, secrets, (error) => log.error({ err: error }, 'sessions'));

  app.use(healthRoutes(pool, latestMigration, isStopping));
  app.use(logRequests(log), secureHeaders(config.isHttps));
  app.use('/assets', serveAssets);
  app.use(neverStore, refuseBrokenAddresses, refuseOtherSites, readForms, refuseNestedFields, offerToken);
  app.use('/send', keepTyped(showSend)); // before anything that may refuse
  app.use(cookieParser(secrets), sessions.middleware, showFlash);

  app.use(strangersRoutes(pool, config));

  app.use(guardForms());
  app.use(logoutRoutes(config));
  app.use(['/inbox', '/send', '/messages'], requireUser);
  app.use(messageRoutes(pool, config, flash));

  app.use(refuseUnknownPage, showErrors(log));
  return app;
}
