// Requests whose body does not come to its end: cut off, unless a route that takes large ones sees it coming.
import type { IncomingMessage, Server } from 'node:http';

const refusal = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** So many milliseconds for the body of each request; `req.stillComing()` gives one as much again, from then on. */
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
