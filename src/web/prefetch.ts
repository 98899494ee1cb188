// Requests that no person has made: pages loaded ahead, previews, headers alone. They change nothing.
import type { Request } from 'express';

/** Chromium and Firefox today say Sec-Purpose; Safari, older browsers and proxies the others. */
const headers = ['Sec-Purpose', 'Purpose', 'X-Purpose', 'X-Moz'];
const ahead = /\b(prefetch|prerender|preview)\b/i;

/** Whether a browser loads this page ahead, or for a preview, and nobody looks at it yet. */
export function isPrefetch(req: Request): boolean {
  return headers.some((name) => ahead.test(req.get(name) ?? ''));
}

/** Whether an open page asks for itself again, to bring its list up to date (public/live.js): nobody sees the rest. */
function isRefresh(req: Request): boolean {
  return req.get('X-Refresh') !== undefined;
}

/** Whether a person is looking. */
export function isReading(req: Request): boolean {
  return req.method === 'GET' && !isPrefetch(req) && !isRefresh(req);
}
