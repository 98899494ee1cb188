// The entry point: settings, database, app, server and graceful shutdown.
import cluster from 'node:cluster';
import { fstatSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { withTimeout } from './concurrency/with-timeout.ts';
import { prepareShutdown } from './process/shutdown.ts';
import { readSettings, type Config } from './config.ts';
import { checkAddress } from './database/address.ts';
import { canConnect } from './database/can-connect.ts';
import { openDatabase } from './database/open.ts';
import type { Pool } from './database/pool.ts';
import { openContext } from './process/context.ts';
import { registrationInWords } from './accounts/invitations/admission.ts';
import { describeFirstLink, findFirstLink } from './accounts/invitations/first-administrator.ts';
import { startBackups } from './process/backups.ts';
import { startCertificateChecks } from './process/certificate-checks.ts';
import { startCleanupJobs } from './process/cleanup-jobs.ts';
import { startCommandLineActs } from './process/command-line-acts.ts';
import { startDeliveries } from './process/deliveries.ts';
import { listen } from './process/listen.ts';
import { describeLostKey } from './process/lost-key.ts';
import { createBoundedServer } from './process/server.ts';
import { exitWithError } from './startup-error.ts';
import { dropPrivileges } from './system-user.ts';
import { reachableAddresses } from './web/site-address.ts';
import { createLog, flushLog, type Log } from './web/log.ts';
import { runWorkers } from './process/workers.ts';

// Milliseconds after the signal until requests are cut off, and until the process exits: Docker kills after 10 s.
const answersFor = 4000;
const endsWithin = 9500;

const flushesFor = 500;

const isFirst = !cluster.worker || cluster.worker.id === 1; // reports to the operator for all processes

let ownLog: Log | undefined;
let hasFailed = false;

try {
  await run(readSettings());
  await end(hasFailed ? 1 : 0);
} catch (error) {
  exitWithError(error);
}

async function run(config: Config): Promise<void> {
  const asked = untilAskedToEnd(); // first: Ctrl-C during the start must not leave PostgreSQL running
  if (config.processes > 1 && cluster.isPrimary) {
    if (config.metrics) await (await import('./process/metrics.ts')).serveWorkersMetrics(config.metrics);
    const user = process.getuid?.();
    const canBindAgain = () => config.port >= 1024 || process.getuid?.() === user;
    const isWell = await runWorkers(config.processes, asked, () => leaveRoot(config), canBindAgain);
    if (!isWell && !canBindAgain())
      console.error(
        `private-messages: all processes ended; only a new start can bind port ${config.port} again.`,
      );
    return end(isWell && !hasFailed ? 0 : 1);
  }
  const log = createLog(config.logLevel);
  ownLog = log;
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const database = await openDatabase(config, onError, isFirst ? console.error : undefined);
  try {
    await serve(config, log, database.pool, asked);
  } finally {
    await database.close();
  }
}

async function serve(config: Config, log: Log, pool: Pool, asked: Promise<string>) {
  let isStopping = false;
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const { ctx, close: closeContext } = await openContext(config, pool, log, () => isStopping);
  const cleanupJobs = startCleanupJobs(ctx);
  const backups = startBackups(ctx);
  const certificateChecks = startCertificateChecks(ctx);
  const deliveries = startDeliveries(ctx);
  const commandLineActs = startCommandLineActs(ctx);
  const measure =
    config.metrics && (await (await import('./process/metrics.ts')).openMetrics(ctx, config.metrics));
  const server = createBoundedServer(createApp({ ...ctx, measure }));
  const close = prepareShutdown(server, answersFor);
  await listen(server, config);
  const stillRoot = leaveRoot(config);
  if (stillRoot && isFirst)
    console.error(`private-messages: the program keeps running as root: ${stillRoot}.`);
  log.info({ port: (server.address() as AddressInfo).port, host: config.host }, 'listening');
  if (isFirst) {
    const lostKey = await describeLostKey(pool, ctx.encryption).catch(onError);
    if (lostKey) console.error(`private-messages: ${lostKey}`);
    if (config.domain && !config.certificateUrl)
      console.error(
        'private-messages: Only Compose gets a certificate for DOMAIN; here, put a proxy that speaks https in front.',
      );
    console.error(`Open ${config.publicUrl}`);
    const others = reachableAddresses(config);
    if (others.length > 0) console.error(`Others in your network open ${others.join(' or ')}`);
    console.error(registrationInWords(ctx.site));
    const first = await findFirstLink(pool, ctx.encryption).catch(onError);
    if (first) console.error(describeFirstLink(config, first));
  }

  const signal = await asked;
  isStopping = true;
  cleanupJobs.close();
  certificateChecks.close();
  deliveries.close();
  commandLineActs.close();
  log.info({ signal }, 'stopping');
  await Promise.all([close(), withTimeout(answersFor, closeContext()), backups.close()]);
}

// npm forwards Ctrl-C, so a signal may arrive twice; only the first one counts.
function untilAskedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    const askedBy = (reason: string) => {
      resolve(reason);
      setTimeout(() => void end(1), endsWithin).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, askedBy);
    // Leaves an unknown state; includes unhandled rejections (Node, --unhandled-rejections=throw).
    process.on('uncaughtException', (error) => {
      if (hasFailed) return;
      hasFailed = true;
      tellOfFailure(error);
      askedBy('uncaughtException');
    });
  });
}

function tellOfFailure(error: Error): void {
  if (!ownLog) return console.error(`private-messages: ${error.stack}`);
  ownLog.fatal({ err: error }, 'uncaught');
  const next = cluster.isWorker ? 'Another process takes its place.' : 'Start it again.';
  console.error(`private-messages: This process ends after an uncaught error; see its log. ${next}`);
}

async function end(code: number): Promise<never> {
  const isWritten = !ownLog || (await flushLog(ownLog, flushesFor));
  // If stdout is a socket that nobody reads, a thread blocks there, and process.exit would wait for it.
  if (!isWritten && fstatSync(1).isSocket()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

function leaveRoot({ dataDir, databaseUrl }: Config): string | undefined {
  return dropPrivileges(dataDir, (account) => !databaseUrl || canConnect(account, checkAddress(databaseUrl)));
}
