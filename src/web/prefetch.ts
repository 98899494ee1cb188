// Detects requests that no user made (prefetch, preview, refresh, HEAD), so that they change nothing.
import type { Request } from 'express';

const headers = ['Sec-Purpose', 'Purpose', 'X-Purpose', 'X-Moz']; // after the first: Safari, older browsers, proxies
const ahead = /\b(prefetch|prerender|preview)\b/i;

export function isPrefetch(req: Request): boolean {
  return headers.some((name) => ahead.test(req.get(name) ?? ''));
}

function isRefresh(req: Request): boolean {
  return req.get('X-Refresh') !== undefined; // public/live.js updates the list of an open page
}

export function isReading(req: Request): boolean {
  return req.method === 'GET' && !isPrefetch(req) && !isRefresh(req);
}
