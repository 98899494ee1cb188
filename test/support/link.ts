// A connection to PostgreSQL that can be cut, frozen and restored.
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from './program.ts';

export interface Link {
  /** The database's address through this link. */
  url: string;
  /** Drops everything silently. */
  freeze(): void;
  /** All connections end and new ones are refused. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a way to this database, which is on a unix socket. */
export async function openLink(databaseUrl: string): Promise<Link> {
  const address = new URL(databaseUrl.replace('@/', '@socket/'));
  const path = join(address.searchParams.get('host')!, '.s.PGSQL.5432');
  const sockets = new Set<Socket>();
  let isFrozen = false;

  const server = createServer((near) => {
    const far = connect(path);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.on('data', (data) => void (isFrozen || far.write(data)));
    far.on('data', (data) => void (isFrozen || near.write(data)));
  });
  const port = await freePort(); // kept for this link while it is cut
  const listen = () => new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  await listen();

  const cut = async () => {
    const isClosed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await isClosed;
  };
  return {
    url: `postgres://${address.username}@127.0.0.1:${port}${address.pathname}`,
    freeze: () => void (isFrozen = true),
    cut,
    async mend() {
      isFrozen = false;
      for (const socket of sockets) socket.destroy(); // what was swallowed is lost
      if (!server.listening) await listen();
    },
    close: cut,
  };
}
