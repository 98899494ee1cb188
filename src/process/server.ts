// The http server and its bounds: what one client, and all of them together, may take of the process.
import { createServer, type RequestListener, type Server } from 'node:http';
import { limitSlowRequests } from './slow-requests.ts';

/** An open inbox keeps one for as long as it is open; whoever comes beyond that is hung up on at once. */
export const maxConnections = 10_000;
/** Line and headers of a request; nginx lets through 17 kB of them. Beyond: 431. */
export const maxHeaderBytes = 20_480;

/** A server that cuts off whoever is slow to ask, and whoever takes nothing of an answer for a minute. */
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
  server.timeout = 60_000; // a stream of events says something every 25 s
  return server;
}
