// A way to PostgreSQL that stops passing anything on after so many bytes of its answers.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StallingServer {
  address: string;
  stalled: Promise<void>;
  cut: () => void;
  close: () => Promise<void>;
}

export async function startStallingServer(databaseUrl: string, afterBytes: number): Promise<StallingServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-stall-'));
  chmodSync(folder, 0o755);
  const encoded = /[?&]host=([^&]+)/.exec(databaseUrl)![1]!;
  const real = decodeURIComponent(encoded);
  const sockets = new Set<Socket>();
  const { promise: stalled, resolve: stall } = Promise.withResolvers<void>();
  let bytes = 0;
  const server = createServer((client) => {
    const upstream = connect(join(real, '.s.PGSQL.5432'));
    client.pipe(upstream);
    upstream.on('data', (data) => {
      bytes += data.length;
      if (bytes < afterBytes) client.write(data);
      else {
        upstream.pause();
        stall();
      }
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, upstream].forEach((each) => each.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(join(folder, '.s.PGSQL.5432'), resolve));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    address: databaseUrl.replace(encoded, encodeURIComponent(folder)),
    stalled,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
