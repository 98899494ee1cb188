// The HTTP server with limits on connections, header size and slow clients.
import { createServer, type RequestListener, type Server } from 'node:http';
import { limitSlowRequests } from './slow-requests.ts';

export const maxConnections = 10_000; // each open inbox holds one; more are dropped immediately
export const maxHeaderBytes = 20_480; // request line and headers, else 431; nginx passes up to 17 kB

export function createBoundedServer(app: RequestListener, connections = maxConnections): Server {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: 10_000,
      requestTimeout: 0, // see limitSlowRequests
      keepAliveTimeout: 65_000,
    },
    app,
  );
  limitSlowRequests(server, 30_000);
  server.maxConnections = connections;
  server.timeout = 60_000; // socket inactivity; event streams send something every 25 s
  return server;
}
