// Times out slow request bodies with 408, unless a route for large ones extends the limit.
import type { IncomingMessage, Server } from 'node:http';

const refusal = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** `ms` is per request body; `req.stillComing()` restarts it. */
export function limitSlowRequests(server: Server, ms: number): void {
  server.prependListener('request', (req: IncomingMessage, res) => {
    if (!req.headers['content-length'] && !req.headers['transfer-encoding']) return;
    const timer = setTimeout(() => {
      if (!res.headersSent) req.socket.write(refusal);
      req.socket.destroySoon();
    }, ms);
    const stop = () => clearTimeout(timer);
    req.on('end', stop).on('close', stop);
    Object.assign(req, { stillComing: () => timer.refresh() });
  });
}
