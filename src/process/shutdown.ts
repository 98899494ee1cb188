// Ends a server so that nobody notices: whoever asks is answered, and nobody is cut off in the middle of asking.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withTimeout } from '../concurrency/with-timeout.ts';

// A proxy may be sending a form over an idle connection just when we close it, and must not send it twice. nginx gives
// up its idle connections after 500 ms (keepalive_timeout in nginx.conf), later on a machine that is very busy: with
// 700 ms here and three such sites on two cores, a form was answered 502. All are closed by then, so nobody waits longer.
const idleFor = 2000;

/** The returned function ends the server: no new connections, answers for what is under way, the rest is cut off after this time. */
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
    await nextTurn(); // closing resets those who stand at the door: first they are let in
    // The one of node:http would close idle connections at once.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
    const limit = setTimeout(() => server.closeAllConnections(), answersFor);
    await withTimeout(idleFor, closed);
    // A connection that is busy until now becomes idle with its answer, and would be kept open for the next request.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
  };
}
