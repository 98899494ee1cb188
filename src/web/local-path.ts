// Where a form or a link may send somebody afterwards: a page of this site, nothing else.

/** The path with its query if it stays on this site, else undefined. Sees `//evil`, `/\evil` and `/%09/evil` as browsers do. */
export function localPath(target: unknown): string | undefined {
  if (typeof target !== 'string' || !target.startsWith('/') || target.length > 2000) return undefined;
  const here = 'http://here.invalid';
  const url = URL.parse(target, here);
  return url?.origin === here ? url.pathname + url.search : undefined;
}
