// The process: settings, database, app, listening, and a clean end.
import { createServer, type Server } from 'node:http';
import { createApp } from './app.ts';
import { readConfig, type Config } from './config.ts';
import { readMigrations } from './database/migrate.ts';
import { openDatabase } from './database/open.ts';
import { openSigningKeys } from './database/signing-keys.ts';
import { runCommand } from './run-command.ts';
import { StartupError } from './startup-error.ts';
import { createLog } from './web/log.ts';

/** Requests under way get this long to finish when the program is asked to end; all must be over within 10 s. */
const patience = 5000;

await runCommand(() => run(readConfig(process.env)));

async function run(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const database = await openDatabase(config, onError);
  const keys = await openSigningKeys(database.pool, onError);
  let isStopping = false;
  const app = createApp({
    config,
    log,
    pool: database.pool,
    secrets: keys.secrets,
    latestMigration: readMigrations().at(-1)!.name,
    isStopping: () => isStopping,
  });
  // Slow senders: headers within 10 s, the whole request within 30 s.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    app,
  );

  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    await close(server);
    keys.close();
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal));

  try {
    await listen(server, config);
  } catch (error) {
    await database.close();
    throw explain(error as NodeJS.ErrnoException, config);
  }
  log.info({ port: config.port, host: config.host }, 'listening');
  console.error(`Open ${config.publicUrl}`);
}

function listen(server: Server, { port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** No new connections; answers what is under way; cuts off what is not over then. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), patience);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function explain(error: NodeJS.ErrnoException, { port, host }: Config): Error {
  const cause = {
    EADDRINUSE: `Port ${port} is already in use: set PORT to another one.`,
    EACCES: `Port ${port} needs more rights: set PORT to one above 1023.`,
    EADDRNOTAVAIL: `This machine does not have the address ${host}: set HOST to one it has.`,
    ENOTFOUND: `The name ${host} is unknown: set HOST to an address of this machine.`,
  }[error.code ?? ''];
  return cause ? new StartupError(cause) : error;
}
