// Graceful shutdown: stop accepting, finish requests in flight, close the rest.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withTimeout } from '../concurrency/with-timeout.ts';

// A proxy may be sending a form over an idle connection just as we close it, and must not send it twice. nginx closes
// its idle connections after 500 ms (keepalive_timeout in nginx.conf), later on a busy machine: with 700 ms here and
// three such sites on two cores, a form was answered 502. The wait ends as soon as all connections are closed.
const idleFor = 2000;

/** Returns the shutdown function, which cuts off unfinished requests after `answersFor` ms. */
export function prepareShutdown(server: Server, answersFor: number): () => Promise<void> {
  const latest = new Map<Socket, ServerResponse | undefined>();
  let isClosing = false;
  server.on('connection', (socket) => {
    latest.set(socket, undefined);
    socket.on('close', () => latest.delete(socket));
  });
  server.prependListener('request', (req, res) => {
    latest.set(req.socket, res);
    if (isClosing) res.shouldKeepAlive = false;
  });
  return async () => {
    isClosing = true;
    for (const res of latest.values()) if (res) res.shouldKeepAlive = false;
    await nextTurn(); // closing resets connections not accepted yet: accept them first
    // http.Server.close would close idle connections immediately.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
    const limit = setTimeout(() => server.closeAllConnections(), answersFor);
    await withTimeout(idleFor, closed);
    // A connection busy until now becomes idle after its answer, and would stay open for the next request.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
  };
}
