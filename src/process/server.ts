// The HTTP server with limits on connections, header size and slow clients.
import { createServer, type RequestListener, type Server } from 'node:http';
import { limitSlowRequests } from './slow-requests.ts';

export const maxConnections = 10_000; // each open inbox holds one; more are dropped immediately
export const maxHeaderBytes = 20_480; // request line and headers, else 431; nginx passes up to 17 kB
export const headersTimeout = 10_000;
export const bodyTimeout = 30_000;
export const idleTimeout = 60_000; // event streams send something every 25 s

export function createBoundedServer(app: RequestListener, connections = maxConnections): Server {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout,
      requestTimeout: 0, // see limitSlowRequests
      keepAliveTimeout: 65_000,
    },
    app,
  );
  limitSlowRequests(server, bodyTimeout);
  server.maxConnections = connections;
  server.timeout = idleTimeout;
  return server;
}
